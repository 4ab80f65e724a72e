package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

func newPowerObjective(p *planning) *cobra.Command {
	limit, rate, quantile := share(0.01), share(0), 0.99
	cmd := &cobra.Command{
		Use:   "objective",
		Short: "Requests that KeepErrorRateBelow, KeepLatencyBelow and KeepAvailabilityAbove need",
		Example: `  chaosgate power objective --limit 1% --rate 5%
  chaosgate power objective --quantile 0.99`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flag := "--limit " + units.Chosen(limit)
			switch {
			case cmd.Flags().Changed("quantile") && cmd.Flags().Changed("limit"):
				return usagef("--quantile %v is a limit of %s already: leave --limit out", quantile, units.Chosen(1-quantile))
			case cmd.Flags().Changed("quantile"):
				limit, flag = share(1-quantile), fmt.Sprintf("--quantile %v", quantile)
			}
			beyond := stats.Objective{Limit: float64(limit)}.Beyond()
			if !cmd.Flags().Changed("rate") {
				rate = share(beyond)
			}
			if !(float64(limit) < beyond && beyond < 1) {
				return usagef("%s: no rate can be told from this limit: choose one further from 0 and 1", flag)
			}
			if rate <= limit {
				return usagef("--rate is %s: it must be above the limit of %s and at most 100 %%", units.Chosen(rate), units.Chosen(limit))
			}
			plan, err := p.objective(float64(limit), float64(rate))
			if err != nil {
				return usagef("%s with a rate of %s: %w", flag, units.Chosen(rate), err)
			}
			violated := "violated, when " + units.Chosen(rate) + " are bad, "
			fmt.Fprintf(cmd.OutOrStdout(), "Requests for a limit of %s %s:\n", units.Chosen(limit), p.at())
			return answers(cmd.OutOrStdout(), [][2]string{
				{"kept, when none is bad (a rate of " + units.Chosen(beyond) + " is ruled out)", fmt.Sprint(plan.kept)},
				{"kept, when " + units.Chosen(limit/2) + " are bad, " + oneLook, fmt.Sprint(plan.keptAtHalf)},
				{"proved, when none is bad (a rate of " + units.Chosen(limit) + " is ruled out)", fmt.Sprint(plan.proved)},
				{violated + eachLook, fmt.Sprintf("%d (median %d, mean %.0f)", plan.polled.Samples, plan.polled.Median, plan.polled.Expected)},
				{violated + oneLook, fmt.Sprint(plan.once)},
			})
		},
	}
	f := cmd.Flags()
	f.Var(&limit, "limit", "the share of requests that may be bad: failed, or too slow")
	f.Float64Var(&quantile, "quantile", 0.99, "instead of --limit: the quantile of the latency that is limited")
	f.Var(&rate, "rate", "the share that is really bad when the limit is violated (default five times the limit)")
	f.Lookup("rate").DefValue = "" // the usage names the default
	bound(f, "limit", "above 0 % and below 100 %, such as 1%", func() bool { return limit > 0 && limit < 1 })
	bound(f, "quantile", "above 0 and below 1, such as 0.99", func() bool { return quantile > 0 && quantile < 1 })
	bound(f, "rate", "above the limit and at most 100 %, such as 5%", func() bool { return rate > 0 && rate <= 1 })
	return cmd
}

// objectivePlan holds how many requests decide about an objective.
type objectivePlan struct {
	kept       int                // kept, by a service without a bad answer
	keptAtHalf int                // kept, by a service at half of the limit
	proved     int                // proved, by a service without a bad answer
	polled     stats.StoppingTime // violated, with a look after each request
	once       int                // violated, with one look at the end
}

func (p *planning) objective(limit, rate float64) (plan objectivePlan, err error) {
	alpha, power := float64(p.alpha), float64(p.power)
	objective := stats.Objective{Limit: limit, Alpha: alpha}
	if plan.kept, err = objective.SamplesToKeep(0, 0); err != nil {
		return plan, err
	}
	if plan.keptAtHalf, err = objective.SamplesToKeepAt(limit/2, power); err != nil {
		return plan, err
	}
	objective.Proved = true
	if plan.proved, err = objective.SamplesToKeep(0, 0); err != nil {
		return plan, err
	}
	plan.polled, err = stats.Above(limit).StoppingTime(rate, alpha, power)
	if err != nil || rate == 1 {
		plan.once = plan.polled.Samples // every request is bad, so both take the same number
		return plan, err
	}
	plan.once, err = stats.SamplesToDetect(limit, rate, alpha, power)
	return plan, err
}
