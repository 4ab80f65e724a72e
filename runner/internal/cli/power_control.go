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
		Short: "Errors and requests for MatchControl to see that a window fails more often",
		Long: `Control says how many errors, and requests, MatchControl needs to see that a window
fails more often than its control by more than the margin. It has the defaults of
the matcher, which judges latencies besides with the other half of alpha: how many
requests tell longer latencies depends on how they are distributed, and is not
planned. For one look at the end load until there are as many errors as it takes.
Numbers are for rates at which two requests of a pair hardly both fail.`,
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
			level, of := float64(p.alpha)/2, "half of alpha, "+units.Chosen(p.alpha/2)+", and latencies the rest (all with --errors-only)"
			if errorsOnly {
				level, of = float64(p.alpha), "all of alpha (ErrorsOnly)"
			}
			plan, err := p.control(float64(rate), float64(margin), ratio, level)
			if err != nil {
				return usagef("--rate is %s, --ratio %s and --margin %s: %w", units.Chosen(rate), factor, units.Chosen(margin), err)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "A window that fails %s times as often as its control, which fails %s, %s:\n", factor, units.Chosen(rate), p.at())
			if err := answers(out, [][2]string{
				{"errors of both, " + eachLook, fmt.Sprintf("%d (median %d, mean %.0f)", plan.errors.Samples, plan.errors.Median, plan.errors.Expected)},
				{"requests to each, " + eachLook, fmt.Sprintf("%d (median %d)", (plan.requests.Samples+1)/2, (plan.requests.Median+1)/2)},
				{"errors of both, " + oneLook, plan.errorsOnce},
			}); err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "Errors are more beyond a margin of %s, and have %s.\n", units.Chosen(margin), of)
			return err
		},
	}
	f := cmd.Flags()
	f.Var(&rate, "rate", "the control's share of errors")
	f.Var(&margin, "margin", "how much more often the window may fail")
	f.Float64Var(&ratio, "ratio", ratio, "how many times as often as its control the window truly fails")
	f.BoolVar(&errorsOnly, "errors-only", false, "as for MatchControl with ErrorsOnly: errors have all of alpha")
	bound(f, "rate", "above 0 % and below 100 %, such as 1%", func() bool { return rate > 0 && rate < 1 })
	bound(f, "margin", "from 0 % to 1000 %, such as 25%", func() bool { return margin >= 0 && margin <= 10 })
	bound(f, "ratio", "a number above 1 and at most 1000000, such as 3", func() bool { return ratio > 1 && ratio <= 1e6 })
	return cmd
}

// controlPlan is what it takes to see more errors in a window than in its control.
type controlPlan struct {
	errors, requests stats.StoppingTime // with a look after each
	errorsOnce       string             // with one look, when there are so many
}

func (p *planning) control(rate, margin, ratio, level float64) (plan controlPlan, err error) {
	test := stats.Conditional{Share: 0.5, Margin: margin}
	if plan.errors, err = test.ErrorsToTell(ratio, level, float64(p.power)); err != nil {
		return plan, err
	}
	if plan.requests, err = test.RequestsToTell(rate, ratio, level, float64(p.power)); err != nil {
		return plan, err
	}
	// Of so many errors the window has this share, where it may have the other.
	has, may := ratio/(1+ratio), (1+margin)/(2+margin)
	once, err := stats.SamplesToDetect(may, has, level, float64(p.power))
	if plan.errorsOnce = strconv.Itoa(once); err != nil {
		plan.errorsOnce = "not planned: " + err.Error()
	}
	return plan, nil
}
