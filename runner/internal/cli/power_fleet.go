package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

func newPowerFleet(p *planning) *cobra.Command {
	beyond, members := share(0.9), 5
	cmd := &cobra.Command{
		Use:     "fleet",
		Short:   "Windows that HaveNoOutliers and HaveOutlier need",
		Example: "  chaosgate power fleet --members 5",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Latencies have a part of alpha for naming an outlier. Clearing uses all of it.
			alpha, naming := float64(p.alpha), float64(p.alpha)*stats.LatencyShare
			always, err := stats.WindowsToFlag(members, naming)
			if err != nil {
				return usagef("--alpha is %s: %w", units.Chosen(p.alpha), err)
			}
			mostly, err := stats.WindowsToFlagAt(members, float64(beyond), naming, float64(p.power))
			if err != nil {
				return usagef("--beyond is %s: %w", units.Chosen(beyond), err)
			}
			clear, err := stats.WindowsToClear(alpha)
			if err != nil {
				return usageError{err}
			}
			requests, err := stats.RequestsToClear(alpha)
			if err != nil {
				return usageError{err}
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "Windows of a fleet of %d %s:\n", members, p.at())
			if err := answers(out, [][2]string{
				{"to name an outlier that is beyond the margin in all of them", fmt.Sprint(always)},
				{"to name an outlier that is beyond it in " + units.Chosen(beyond) + " of them, " + eachLook, fmt.Sprintf("%d (median %d)", mostly.Samples, mostly.Median)},
				{"to clear a member that is never beyond it", fmt.Sprintf("%d, and %s without an error", clear, units.Plural(requests, "request"))},
			}); err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "Latencies are judged at alpha %s, and errors at the rest.\n", units.Chosen(naming))
			return err
		},
	}
	f := cmd.Flags()
	f.IntVar(&members, "members", members, "the number of members in the fleet")
	f.Var(&beyond, "beyond", "the share of windows in which an outlier is beyond the margin")
	bound(f, "members", wholeFrom(3)+", because two members do not show which one is the outlier", func() bool { return members >= 3 })
	bound(f, "beyond", "above 50 % and at most 100 %, such as 90%", func() bool { return beyond > 0.5 && beyond <= 1 })
	return cmd
}
