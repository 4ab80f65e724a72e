package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/internal/suite"
	"github.com/chaosgate/chaosgate/runner/report"
)

const (
	baselineName = "chaosgate-baseline.json"
	recordName   = "chaosgate.json"
	junitName    = "junit.xml"
	reportDir    = "chaosgate-report"
)

// decision holds what run and judge share: a policy, a baseline, and where the reports go.
type decision struct {
	out      string
	baseline string
	limits   baseline.Limits
	alpha    share
	collect  bool
	noColour bool
}

func (d *decision) flags(cmd *cobra.Command) {
	d.limits, d.alpha = baseline.DefaultLimits(), 0.01
	f := cmd.Flags()
	f.StringVar(&d.baseline, "baseline", "", "the file of accepted runs (default "+baselineName+" beside go.mod)")
	f.Var(margins{&d.limits}, "margin", "how much worse than the baseline latencies and throughput may become, or a list by metric (default p50=10%,p90=15%,p99=25%,error-rate=0.5%,throughput=5%)")
	f.Var(floors{&d.limits}, "floor", "which difference of latencies never counts, or a list by metric (default p50=2ms,p90=3ms,p99=5ms,error-rate=2)")
	f.Var(&d.alpha, "alpha", "how often a comparison of a healthy build with the baseline may be called a regression, over all metrics together")
	f.BoolVar(&d.collect, "collect", false, "collect a baseline: what cannot be compared yet does not change the verdict; it ends by itself when there are enough runs")
	f.BoolVar(&d.noColour, "no-color", false, "print no colours (like the environment variable NO_COLOR)")
}

func (d *decision) policy() (gate.Policy, error) {
	p := gate.Policy{Alpha: float64(d.alpha), Limits: d.limits, Collect: d.collect}
	if err := p.Validate(); err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// baselinePath is the path of the flag, or else of the file beside go.mod.
func baselinePath(ctx context.Context, flag string) string {
	if flag != "" {
		return flag
	}
	if mod := suite.ModuleFile(ctx); mod != "" {
		return filepath.Join(filepath.Dir(mod), baselineName)
	}
	return baselineName
}

// readBaseline reads the baseline. If there is none to compare with, words say why.
func readBaseline(path string) (b baseline.Baseline, words string, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return b, fmt.Sprintf("not compared with a baseline: there is no %s (chaosgate baseline accept makes one)", filepath.Base(path)), nil
	}
	if err != nil {
		return b, "", fmt.Errorf("read baseline: %w", err)
	}
	b, err = baseline.Parse(data)
	if schema, ok := errors.AsType[*baseline.SchemaError](err); ok {
		return b, "not compared with the baseline: " + schema.Error(), nil
	}
	if err != nil {
		return b, "", fmt.Errorf("%w: repair %s, or delete it and collect a new one", err, path)
	}
	return b, "", nil
}

// decide judges the runs, writes the reports, and prints the verdict. Any verdict but a
// pass is also returned, as a verdictError.
func (d *decision) decide(r gate.Record, b baseline.Baseline, words string, out io.Writer) error {
	gate.JudgeSpecs(r.Runs)
	r.Schema, r.Version = gate.Schema, version()
	r.Baseline = gate.Comparison{Words: words}
	if r.Reference != nil {
		gate.JudgeSpecs(r.Reference.Runs)
		var err error
		if r.Baseline, err = r.ComparePairs(); err != nil {
			return err
		}
	} else if words == "" {
		var candidates []baseline.Run
		for _, run := range r.Runs {
			candidates = append(candidates, gate.Summarise(run, r.Environment))
		}
		var err error
		if r.Baseline, err = gate.Compare(b, candidates, r.Policy, gate.LeftOut(r.Runs, r.Everything)); err != nil {
			return err
		}
	}
	r.Decide()
	if d.out != "" {
		if err := write(d.out, r); err != nil {
			return err
		}
	}
	style := terminalOf(out, d.noColour).style()
	if err := report.Table(out, r, style); err != nil {
		return err
	}
	if d.out != "" {
		fmt.Fprintf(out, "\nreports: %s and %s\n", filepath.Join(d.out, recordName), filepath.Join(d.out, junitName))
	}
	fmt.Fprintln(out, report.LastLine(r, style))
	if r.Verdict != gate.Pass {
		return verdictError{r.Verdict}
	}
	return nil
}

func write(dir string, r gate.Record) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory for reports: %w", err)
	}
	for name, writer := range map[string]func(io.Writer, gate.Record) error{recordName: report.JSON, junitName: report.JUnit} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("write reports: %w", err)
		}
		if err := errors.Join(writer(file, r), file.Close()); err != nil {
			return fmt.Errorf("write %s: %w", file.Name(), err)
		}
	}
	return nil
}
