package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/matchers/stats"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newPowerObjective(p *planning) *cobra.Command {
	var limit, rate share
	var quantile float64
	cmd := &cobra.Command{
		Use:   "objective",
		Short: "Requests for KeepErrorRateBelow, KeepQuantileBelow and KeepAvailabilityAbove",
		Example: `  chaosgate power objective --limit 1% --rate 5%
  chaosgate power objective --quantile 0.99`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case cmd.Flags().Changed("quantile") && cmd.Flags().Changed("limit"):
				return usagef("--quantile %v is a limit of %s already: leave --limit out", quantile, gate.Percent(1-quantile))
			case cmd.Flags().Changed("quantile"):
				limit = share(1 - quantile)
			}
			beyond := math.Min(5*float64(limit), (1+float64(limit))/2) // what the matchers rule out
			if rate == 0 {
				rate = share(beyond)
			}
			violated, err := stats.Above(float64(limit)).StoppingTime(float64(rate), float64(p.alpha), float64(p.power))
			if err != nil {
				return usageError{err}
			}
			kept, err := stats.Below(beyond).SamplesToShow(0, 0, float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			proved, err := stats.Below(float64(limit)).SamplesToShow(0, 0, float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			at := gate.Percent(float64(limit))
			fmt.Fprintf(cmd.OutOrStdout(), "Requests for a limit of %s %s:\n", at, p.at())
			return answers(cmd.OutOrStdout(), [][2]string{
				{"kept, without an event: " + gate.Percent(beyond) + " are ruled out", fmt.Sprint(kept)},
				{"proved, without an event: " + at + " are ruled out", fmt.Sprint(proved)},
				{"violated, when " + gate.Percent(float64(rate)) + " have it", fmt.Sprintf("%d (median %d, mean %.0f)", violated.Samples, violated.Median, violated.Expected)},
			})
		},
	}
	limit = 0.01
	cmd.Flags().Var(&limit, "limit", "the share of requests that may have the event, such as an error")
	cmd.Flags().Float64Var(&quantile, "quantile", 0.99, "in place of --limit: the quantile whose latency is limited")
	cmd.Flags().Var(&rate, "rate", "the share that truly have it, when the limit is not kept (default five times the limit)")
	return cmd
}
