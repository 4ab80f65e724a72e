package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/internal/live"
	"github.com/chaosgate/chaosgate/runner/internal/suite"
)

// grace is how long suites may clean up after a signal. Ginkgo gives each cleanup half a
// minute.
const grace = 2 * time.Minute

// runner is one invocation of 'chaosgate run'.
type runner struct {
	decision
	against
	runs, procs int
	timeout     time.Duration
	verbose     bool
	packages    []string
	suiteFlags  []string
	out         io.Writer
	signals     chan os.Signal
	changed     func(flag string) bool
}

// interrupts are the signals that end a run.
var interrupts = []os.Signal{os.Interrupt, syscall.SIGTERM}

func newRun() *cobra.Command {
	var r runner
	cmd := &cobra.Command{
		Use:   "run [packages] [-- ginkgo flags [-- suite flags]]",
		Short: "Run suites and decide whether they pass",
		Long: `Run runs the Ginkgo suites of the packages (./... by default) with the Ginkgo
version in the module's go.mod, and shows what happens. It decides by the specs and
by the baseline of accepted runs, if there is one. It writes chaosgate.json,
junit.xml, and Ginkgo's report and output to the directory of --out.

With --against-ref or --against it compares with a reference instead, in the same job and
without any history: both sides run in turns until it is decided, in 8 to 12 pairs as a rule.`,
		Example: `  chaosgate run ./...
  chaosgate run --procs 2 ./checkout -- --label-filter=network --race
  chaosgate run --runs 3 --collect && chaosgate baseline accept
  chaosgate run --against-ref origin/main ./...
  chaosgate run --against acme/shop=1.4 ./...`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.packages = args
			if n := cmd.ArgsLenAtDash(); n >= 0 {
				r.packages, r.suiteFlags = args[:n], args[n:]
			}
			r.out, r.changed = cmd.OutOrStdout(), cmd.Flags().Changed
			return r.run(cmd.Context())
		},
	}
	r.decision.flags(cmd)
	r.against.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&r.decision.out, "out", reportDir, "the directory for reports and logs")
	f.IntVar(&r.runs, "runs", 1, "how many times to run the suites; the baseline is compared with all of these runs")
	f.IntVar(&r.procs, "procs", 0, "the number of parallel processes per suite (default: Ginkgo's)")
	f.DurationVar(&r.timeout, "timeout", time.Hour, "stop a run of all suites after this time")
	f.BoolVar(&r.verbose, "verbose", false, "show Ginkgo's output as it comes")
	return cmd
}

// check refuses bad flags before anything runs.
func (r *runner) check() (gate.Policy, error) {
	policy, err := r.policy()
	switch {
	case err != nil:
		return policy, err
	case r.runs < 1 || r.runs > 1000:
		return policy, usagef("--runs is %d: it must be from 1 to 1000", r.runs)
	case r.procs < 0:
		return policy, usagef("--procs is %d: it must be 1 or more, or 0 for Ginkgo's default", r.procs)
	case r.timeout <= 0:
		return policy, usagef("--timeout is %s: it must be above zero", r.timeout)
	case r.decision.out == "":
		return policy, usagef("--out is empty: name a directory")
	}
	if err := suite.CheckFlags(r.suiteFlags); err != nil {
		return policy, usageError{err}
	}
	if len(r.packages) == 0 {
		r.packages = []string{"./..."}
	}
	if err := r.against.check(r.changed, policy.Alpha, r.packages); err != nil {
		return policy, err
	}
	return policy, nil
}

func (r *runner) run(ctx context.Context) error {
	policy, err := r.check()
	if err != nil {
		return err
	}
	b, words, err := readBaseline(baselinePath(ctx, r.baseline))
	if err != nil {
		return err
	}
	dir, err := r.prepare()
	if err != nil {
		return err
	}
	r.signals = make(chan os.Signal, 4)
	signal.Notify(r.signals, interrupts...)
	defer signal.Stop(r.signals)

	scratch, err := os.MkdirTemp("", "chaosgate-")
	if err != nil {
		return fmt.Errorf("make a directory for the Ginkgo command: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	ginkgo, err := r.build(ctx, scratch)
	if err != nil {
		return err
	}
	record := gate.Record{Policy: policy, Everything: slices.Contains(r.packages, "./..."), Environment: suite.Here(ctx)}
	if r.asked() {
		reference, other, remove, err := r.checkOut(ctx, ginkgo, scratch)
		if err == nil {
			record.Reference = &reference
			err = r.runPairs(ctx, &record, other, side{name: candidateSide, ginkgo: ginkgo}, dir, scratch)
		}
		if err = errors.Join(err, remove()); err != nil {
			return err
		}
	} else if err := r.runAlone(ctx, &record, side{ginkgo: ginkgo}, dir, scratch); err != nil {
		return err
	}
	return r.decide(record, b, words, r.out)
}

// runAlone runs the suites as often as a person asked for.
func (r *runner) runAlone(ctx context.Context, record *gate.Record, s side, dir, scratch string) error {
	for n := 1; n <= r.runs; n++ {
		run, err := r.once(ctx, n, s, dir, scratch)
		if err != nil {
			return err
		}
		record.Runs = append(record.Runs, run)
		if v := run.Verdict(); v != gate.Pass {
			if remaining := r.runs - n; remaining > 0 {
				fmt.Fprintf(r.out, "run %d of %d: %s: skipping the remaining %s\n", n, r.runs, v, units.Plural(remaining, "run"))
			}
			break
		}
	}
	return nil
}

// prepare makes the directory for reports and removes the reports of an earlier run, so
// that they are not taken for this run's.
func (r *runner) prepare() (string, error) {
	dir, err := filepath.Abs(r.decision.out)
	if err != nil {
		return "", fmt.Errorf("make the directory for reports: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", usagef("--out: make the directory for reports: %w", err)
	}
	for _, pattern := range []string{recordName, junitName, "ginkgo-*.json", "ginkgo-*.log"} {
		old, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", fmt.Errorf("find earlier reports: %w", err)
		}
		for _, path := range old {
			if err := os.Remove(path); err != nil {
				return "", fmt.Errorf("remove an earlier report: %w", err)
			}
		}
	}
	return dir, nil
}

// build builds the Ginkgo command. A signal stops it.
func (r *runner) build(ctx context.Context, dir string) (string, error) {
	fmt.Fprintln(r.out, "building the Ginkgo command of this module")
	ctx, stop := signal.NotifyContext(ctx, interrupts...)
	defer stop()
	path, err := suite.Build(ctx, "", dir, "ginkgo")
	if ctx.Err() != nil {
		return "", fmt.Errorf("interrupted by a signal before the suites ran")
	}
	return path, err
}

// once runs the suites once and shows their progress.
func (r *runner) once(ctx context.Context, n int, s side, dir, scratch string) (gate.Run, error) {
	logPath := filepath.Join(dir, s.file(n, "log"))
	log, err := os.Create(logPath)
	if err != nil {
		return gate.Run{}, fmt.Errorf("make the log: %w", err)
	}
	defer func() { _ = log.Close() }()
	events := filepath.Join(scratch, "events-of-"+s.file(n, "json"))
	if err := os.WriteFile(events, nil, 0o600); err != nil {
		return gate.Run{}, fmt.Errorf("make the file for events: %w", err)
	}
	tail, err := live.OpenTail(events)
	if err != nil {
		return gate.Run{}, err
	}
	defer func() { _ = tail.Close() }()

	which := fmt.Sprintf("run %d of %d", n, r.runs)
	if s.name != "" {
		which = fmt.Sprintf("pair %d of at most %d, %s", n, r.pairs, s.name)
	}
	fmt.Fprintf(r.out, "%s: the suites of %s\n", which, strings.Join(r.packages, " "))
	screen, output := terminalOf(r.out, r.noColour), io.Writer(log)
	if r.verbose {
		screen.width, output = nil, io.MultiWriter(log, r.out)
	}
	stop := live.Follow(tail, &live.View{Colour: screen.colour, Since: time.Now()}, live.NewScreen(r.out, screen.width))
	run := suite.Run(ctx, suite.Options{
		Ginkgo: s.ginkgo, In: s.in, Packages: r.packages, Flags: r.suiteFlags, Dir: dir, Report: s.file(n, "json"), Replace: s.replace,
		Procs: r.procs, Timeout: r.timeout, Events: events, Output: output, Signals: r.signals, Grace: grace,
		Collect: r.collect,
	})
	stop()
	gate.JudgeSpecs([]gate.Run{run})
	if run.Verdict() != gate.Pass && !r.verbose && s.name != referenceSide {
		return run, printLog(r.out, logPath)
	}
	return run, nil
}
