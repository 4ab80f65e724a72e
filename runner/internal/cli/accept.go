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
	var from, path string
	var keep int
	var force bool
	cmd := &cobra.Command{
		Use:   "accept",
		Short: "Append the last runs to the baseline",
		Long: `Accept appends the runs of the last 'chaosgate run' to the baseline: of every
window of every passed spec the error rate and the latencies p50, p90 and p99. Specs
that share a text are left out. Runs that failed are refused. The oldest runs are
dropped when there are more than --keep.`,
		Example: `  chaosgate baseline accept
  chaosgate baseline accept --from nightly-report --baseline nightly.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if keep < 1 {
				return usagef("--keep is %d: it must be 1 or more", keep)
			}
			ran, err := readRecord(filepath.Join(from, recordName))
			if err != nil {
				return err
			}
			path = baselinePath(cmd.Context(), path)
			b, err := openBaseline(path)
			if err != nil {
				return err
			}
			summaries, err := fresh(ran, b, force)
			if err != nil {
				return err
			}
			b, dropped := b.Accept(keep, summaries...)
			data, err := b.Encode()
			if err != nil {
				return err
			}
			if err := replace(path, data); err != nil {
				return err
			}
			windows := 0
			for _, s := range summaries {
				windows += len(s.Windows)
			}
			if left := namesakes(ran); len(left) > 0 {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "left out the windows of specs that share a text, which nobody can tell apart: %s: give each a text of its own\n", strings.Join(left, ", ")); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "accepted %s with %s into %s: it holds %s now, %d dropped as the oldest; review it and commit it\n",
				units.Plural(len(summaries), "run"), units.Plural(windows, "window"), path, units.Plural(len(b.Runs), "run"), dropped)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&from, "from", reportDir, "the directory of the run's reports")
	f.StringVar(&path, "baseline", "", "the file of accepted runs (default "+baselineName+" beside go.mod)")
	f.IntVar(&keep, "keep", gate.Kept, "how many runs the baseline holds at most")
	f.BoolVar(&force, "force", false, "accept runs that failed too; windows of failed specs stay out")
	return cmd
}

// namesakes are the specs of any of the runs whose windows are left out.
func namesakes(r gate.Record) []string {
	var all []string
	for _, run := range r.Runs {
		all = append(all, gate.Namesakes(run)...)
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

// openBaseline reads a baseline that is there, and starts one that is not.
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
		return b, usagef("%w: repair %s, or delete it and collect anew", err, path)
	}
	return b, nil
}

// fresh summarises the runs that the baseline does not hold yet.
func fresh(r gate.Record, b baseline.Baseline, force bool) ([]baseline.Run, error) {
	gate.JudgeSpecs(r.Runs)
	var all []baseline.Run
	for n, run := range r.Runs {
		if v := run.Verdict(); v != gate.Pass && !force {
			return nil, usagef("run %d of %d was no pass (%s): a baseline of failed runs would hide the failure; repair it and run again, or --force", n+1, len(r.Runs), v)
		}
		s := gate.Summarise(run, r.Environment)
		if len(s.Windows) == 0 {
			why := "there is no window of a passed spec in it"
			if left := gate.Namesakes(run); len(left) > 0 {
				why = "its windows are of specs that share a text, which nobody can tell apart: give each a text of its own: " + strings.Join(left, ", ")
			}
			return nil, usagef("run %d of %d measured nothing to accept: %s", n+1, len(r.Runs), why)
		}
		if err := s.Validate(); err != nil {
			return nil, usagef("run %d of %d cannot be accepted: %w: see that the machine's clock is not set back, and run again", n+1, len(r.Runs), err)
		}
		if !holds(b, s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil, usagef("nothing to accept: the baseline holds these runs already, or there are none: run 'chaosgate run' again")
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

// replace writes the file at once, so that a crash leaves the old one or the new one.
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
