package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newBaseline() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Accept runs into the baseline, append to its history, or show it",
		Long: `The baseline is one file in your repository or your CI's cache. It holds one line for
every accepted run, which a person can read and review. A test over all metrics at once
compares later runs with it, run against run.`,
		Example: `  chaosgate run --runs 10 && chaosgate baseline accept
  chaosgate baseline show`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAccept(), newAppend(), newShow())
	return cmd
}

func newShow() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Print the accepted runs",
		Example: "  chaosgate baseline show",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path = baselinePath(cmd.Context(), path)
			b, words, err := readBaseline(path)
			if err != nil {
				return usageError{err}
			}
			if words != "" {
				return usagef("%s", words)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for n, run := range b.Runs {
				reference := ""
				if run.Reference {
					reference = ", a reference"
				}
				fmt.Fprintf(w, "run %d of %d, %s, %s%s\n", n+1, len(b.Runs), run.Started.Format(time.DateTime), run.Environment, reference)
				fmt.Fprintln(w, "  SPEC\tPROBE\tWINDOW\tSAMPLES\tERRORS\tHEALTHY P50\tHEALTHY P90\tHEALTHY P99\tTHROUGHPUT")
				for _, s := range run.Windows {
					fmt.Fprintf(w, "  %s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", s.Suite+": "+s.Spec, s.Probe, s.Number, s.Count, units.Percent(s.ErrorRate()),
						gate.Seconds(float64(s.P50)), gate.Seconds(float64(s.P90)), gate.Seconds(float64(s.P99)), baseline.Throughput.Say(float64(s.Throughput)))
				}
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&path, "baseline", "", "the file of accepted runs (default "+baselineName+" beside go.mod)")
	return cmd
}
