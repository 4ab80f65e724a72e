package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/matchers/stats"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newPowerFleet(p *planning) *cobra.Command {
	beyond := share(0.9)
	var members int
	cmd := &cobra.Command{
		Use:     "fleet",
		Short:   "Windows for HaveNoOutliers and HaveOutlier",
		Example: "  chaosgate power fleet --members 5",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			always, err := stats.WindowsToFlag(members, float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			mostly, err := stats.WindowsToFlagAt(members, float64(beyond), float64(p.alpha), float64(p.power))
			if err != nil {
				return usageError{err}
			}
			clear, err := stats.WindowsToClear(float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			requests, err := stats.RequestsToClear(float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Windows of a fleet of %d %s:\n", members, p.at())
			return answers(cmd.OutOrStdout(), [][2]string{
				{"an outlier is named that is beyond the margin in all of them", fmt.Sprint(always)},
				{"an outlier is named that is beyond it in " + gate.Percent(float64(beyond)), fmt.Sprintf("%d (median %d)", mostly.Samples, mostly.Median)},
				{"a member is cleared that is beyond it in none", fmt.Sprintf("%d, and %d requests without an error", clear, requests)},
			})
		},
	}
	cmd.Flags().IntVar(&members, "members", 5, "how many members the fleet has")
	cmd.Flags().Var(&beyond, "beyond", "the share of windows in which an outlier is beyond the margin")
	return cmd
}
