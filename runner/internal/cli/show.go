package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

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
				fmt.Fprintf(w, "run %d of %d, %s, %s\n", n+1, len(b.Runs), run.Started.Format(time.DateTime), run.Environment)
				fmt.Fprintln(w, "  SPEC\tPROBE\tWINDOW\tSAMPLES\tERRORS\tP50\tP90\tP99")
				for _, s := range run.Windows {
					fmt.Fprintf(w, "  %s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", s.Suite+": "+s.Spec, s.Probe, s.Number, s.Count, units.Percent(float64(s.ErrorRate)),
						gate.Seconds(float64(s.P50)), gate.Seconds(float64(s.P90)), gate.Seconds(float64(s.P99)))
				}
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&path, "baseline", "", "the file of accepted runs (default "+baselineName+" beside go.mod)")
	return cmd
}
