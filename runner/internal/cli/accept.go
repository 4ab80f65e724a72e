package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newAccept() *cobra.Command {
	a := acceptance{reference: true}
	cmd := &cobra.Command{
		Use:   "accept",
		Short: "Accept the last runs as references",
		Long: `Accept appends the runs of the last 'chaosgate run' to the baseline, as references:
later runs may not become much worse than these, not even in many small steps. For
every window of every passed spec it stores the errors, the latencies p50, p90 and p99
of the healthy answers, and the throughput. It leaves out specs that share a text, and
refuses runs that failed.`,
		Example: `  chaosgate baseline accept
  chaosgate baseline accept --anew   # the service became slower on purpose
  chaosgate baseline accept --from nightly-report --baseline nightly.json`,
		Args: cobra.NoArgs,
		RunE: a.run,
	}
	a.flags(cmd)
	cmd.Flags().BoolVar(&a.anew, "anew", false, "drop all earlier runs: what changed, changed on purpose")
	return cmd
}

func newAppend() *cobra.Command {
	var a acceptance
	cmd := &cobra.Command{
		Use:   "append",
		Short: "Append the last runs to the history",
		Long: `Append appends the runs of the last 'chaosgate run' to the baseline's history, as CI
does after each build of the main branch that passed. Later runs are compared with the
history and with the references, which only 'chaosgate baseline accept' adds. If the
history then holds more than --keep runs, append drops the oldest.`,
		Example: "  chaosgate run ./... && chaosgate baseline append",
		Args:    cobra.NoArgs,
		RunE:    a.run,
	}
	a.flags(cmd)
	return cmd
}

// acceptance appends runs to the baseline.
type acceptance struct {
	from, path      string
	keep            int
	force           bool
	anew, reference bool
}

func (a *acceptance) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.from, "from", reportDir, "the directory with the reports of the run")
	f.StringVar(&a.path, "baseline", "", "the file of accepted runs (default "+baselineName+" beside go.mod)")
	f.IntVar(&a.keep, "keep", baseline.Kept, "the largest number of runs that the history holds, beside the references")
	f.BoolVar(&a.force, "force", false, "take failed runs too, without the windows of failed specs")
}

func (a *acceptance) run(cmd *cobra.Command, _ []string) error {
	if a.keep < 1 {
		return usagef("--keep is %d: it must be 1 or more", a.keep)
	}
	ran, err := readRecord(filepath.Join(a.from, recordName))
	if err != nil {
		return err
	}
	path := baselinePath(cmd.Context(), a.path)
	b, err := openBaseline(path)
	if err != nil {
		return err
	}
	summaries, err := fresh(ran, b, a.force)
	if err != nil {
		return err
	}
	windows := 0
	for n := range summaries {
		summaries[n].Reference = a.reference
		windows += len(summaries[n].Windows)
	}
	before := 0
	if a.anew {
		before, b.Runs = len(b.Runs), nil
	}
	b, dropped := b.Accept(a.keep, summaries...)
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if err := replace(path, data); err != nil {
		return err
	}
	if shared := sharedNames(ran); len(shared) > 0 {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "left out the windows of specs with the same text, because they cannot be told apart: %s: give each spec a different text\n", strings.Join(shared, ", ")); err != nil {
			return err
		}
	}
	verb := "appended"
	if a.reference {
		verb = "accepted"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s with %s into %s: it now holds %s (%d dropped as the oldest); review and commit it\n",
		verb, units.Plural(len(summaries), "run"), units.Plural(windows, "window"), path, units.Plural(len(b.Runs), "run"), before+dropped)
	return err
}

// sharedNames lists the specs of all runs whose windows are left out.
func sharedNames(r gate.Record) []string {
	var all []string
	for _, run := range r.Runs {
		all = append(all, gate.SharedNames(run)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func readRecord(path string) (gate.Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return gate.Record{}, usagef("read record of the run: %w: run 'chaosgate run' first, or name its directory with --from", err)
	}
	r, err := gate.Parse(data)
	if err != nil {
		return r, usagef("%s: %w", path, err)
	}
	return r, nil
}

// openBaseline reads the baseline, or starts an empty one if there is no file.
func openBaseline(path string) (baseline.Baseline, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return baseline.Baseline{}, nil
	}
	if err != nil {
		return baseline.Baseline{}, usagef("read baseline: %w", err)
	}
	b, err := baseline.Parse(data)
	if _, ok := errors.AsType[*baseline.SchemaError](err); ok {
		return b, usagef("%s: %w", path, err)
	}
	if err != nil {
		return b, usagef("%w: repair %s, or delete it and collect a new one", err, path)
	}
	return b, nil
}

// fresh summarises the runs that the baseline does not hold.
func fresh(r gate.Record, b baseline.Baseline, force bool) ([]baseline.Run, error) {
	gate.JudgeSpecs(r.Runs)
	var all []baseline.Run
	for n, run := range r.Runs {
		if v := run.Verdict(); v != gate.Pass && !force {
			return nil, usagef("run %d of %d did not pass (%s): a baseline of failed runs would hide the failure: fix it and run again, or use --force", n+1, len(r.Runs), v)
		}
		s := gate.Summarise(run, r.Environment)
		if len(s.Windows) == 0 {
			why := "no passed spec has a window"
			if shared := gate.SharedNames(run); len(shared) > 0 {
				why = "its windows belong to specs with the same text, which cannot be told apart: give each spec a different text: " + strings.Join(shared, ", ")
			}
			return nil, usagef("run %d of %d measured nothing to accept: %s", n+1, len(r.Runs), why)
		}
		if err := s.Validate(); err != nil {
			return nil, usagef("run %d of %d cannot be accepted: %w: make sure that nothing sets the machine's clock back, and run again", n+1, len(r.Runs), err)
		}
		if !holds(b, s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil, usagef("nothing to accept: there are no runs, or the baseline holds them already: run 'chaosgate run' again")
	}
	return all, nil
}

func holds(b baseline.Baseline, s baseline.Run) bool {
	for _, run := range b.Runs {
		if run.Started.Equal(s.Started) && run.Environment == s.Environment {
			return true
		}
	}
	return false
}

// replace swaps the file in one step, so that a crash leaves the old file or the new one.
func replace(path string, data []byte) error {
	scratch := path + ".new"
	if err := os.WriteFile(scratch, data, 0o644); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	if err := os.Rename(scratch, path); err != nil {
		return fmt.Errorf("write baseline: %w", errors.Join(err, os.Remove(scratch)))
	}
	return nil
}
