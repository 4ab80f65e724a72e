package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

func newPowerControl(p *planning) *cobra.Command {
	rate, margin, ratio, errorsOnly := share(0.01), share(0.25), 3.0, false
	cmd := &cobra.Command{
		Use:   "control",
		Short: "Errors and requests that MatchControl needs",
		Long: `Control answers how many errors and requests MatchControl needs to see that a
window fails more often than its control by more than the margin. For one look at
the end, load until there are that many errors. The numbers hold for low rates, at
which two requests of a pair hardly ever both fail.

The defaults are those of the matcher, which judges latencies with the rest of
alpha. How many requests show longer latencies depends on their distribution, so
control does not plan that.`,
		Example: "  chaosgate power control --rate 1% --ratio 3\n  chaosgate power control --errors-only --margin 50%",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			factor := strconv.FormatFloat(ratio, 'g', 10, 64)
			switch {
			case ratio <= 1+float64(margin):
				return usagef("--ratio is %s: it must be above %v, which --margin %s allows, and at most 1000000", factor, 1+float64(margin), margin.String())
			case float64(rate)*ratio > 1:
				return usagef("--rate is %s: %s times that must be at most 100 %%: choose a lower --rate or --ratio", units.Chosen(rate), factor)
			}
			level, used := stats.ControlErrorsShare*float64(p.alpha), units.Chosen(stats.ControlErrorsShare)+" of alpha, "+units.Chosen(stats.ControlErrorsShare*float64(p.alpha))+"; latencies use the rest (none with --errors-only)"
			if errorsOnly {
				level, used = float64(p.alpha), "all of alpha (ErrorsOnly)"
			}
			plan, err := p.control(float64(rate), float64(margin), ratio, level)
			if err != nil {
				return usagef("--rate is %s, --ratio %s and --margin %s: %w", units.Chosen(rate), factor, units.Chosen(margin), err)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "A window that fails %s times as often as its control (%s), %s:\n", factor, units.Chosen(rate), p.at())
			if err := answers(out, [][2]string{
				{"errors in both windows, " + eachLook, fmt.Sprintf("%d (median %d, mean %.0f)", plan.errors.Samples, plan.errors.Median, plan.errors.Expected)},
				{"requests in each window, " + eachLook, fmt.Sprintf("%d (median %d)", (plan.requests.Samples+1)/2, (plan.requests.Median+1)/2)},
				{"errors in both windows, " + oneLook, plan.errorsOnce},
			}); err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "The window must fail more often than its control by more than %s. Errors use %s.\n", units.Chosen(margin), used)
			return err
		},
	}
	f := cmd.Flags()
	f.Var(&rate, "rate", "the error rate of the control")
	f.Var(&margin, "margin", "how much more often the window may fail")
	f.Float64Var(&ratio, "ratio", ratio, "how many times as often as its control the window really fails")
	f.BoolVar(&errorsOnly, "errors-only", false, "plan for MatchControl with ErrorsOnly: errors use all of alpha")
	bound(f, "rate", "above 0 % and below 100 %, such as 1%", func() bool { return rate > 0 && rate < 1 })
	bound(f, "margin", "from 0 % to 1000 %, such as 25%", func() bool { return margin >= 0 && margin <= 10 })
	bound(f, "ratio", "a number above 1 and at most 1000000, such as 3", func() bool { return ratio > 1 && ratio <= 1e6 })
	return cmd
}

// controlPlan holds what it takes to see that a window fails more often than its control.
type controlPlan struct {
	errors, requests stats.StoppingTime // with a look after each
	errorsOnce       string             // with one look, when there are that many
}

func (p *planning) control(rate, margin, ratio, level float64) (plan controlPlan, err error) {
	test := stats.Conditional{Share: 0.5, Margin: margin}
	if plan.errors, err = test.ErrorsToTell(ratio, level, float64(p.power)); err != nil {
		return plan, err
	}
	if plan.requests, err = test.RequestsToTell(rate, ratio, level, float64(p.power)); err != nil {
		return plan, err
	}
	// The window has the first share of all errors, and may have the second.
	has, may := ratio/(1+ratio), (1+margin)/(2+margin)
	once, err := stats.SamplesToDetect(may, has, level, float64(p.power))
	if plan.errorsOnce = strconv.Itoa(once); err != nil {
		plan.errorsOnce = "not planned: " + err.Error()
	}
	return plan, nil
}
