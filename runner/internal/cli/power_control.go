package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/matchers/stats"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newPowerControl(p *planning) *cobra.Command {
	rate, margin := share(0.01), share(0)
	var ratio float64
	cmd := &cobra.Command{
		Use:     "control",
		Short:   "Errors and requests for MatchControl to see that a window fails more often",
		Example: "  chaosgate power control --rate 1% --ratio 3",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			test := stats.Conditional{Share: 0.5, Margin: float64(margin)}
			errors, err := test.ErrorsToTell(ratio, float64(p.alpha), float64(p.power))
			if err != nil {
				return usageError{err}
			}
			requests, err := test.RequestsToTell(float64(rate), ratio, float64(p.alpha), float64(p.power))
			if err != nil {
				return usageError{err}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "A window that fails %s times as often as its control, which fails %s, %s:\n",
				strconv.FormatFloat(ratio, 'g', 4, 64), gate.Percent(float64(rate)), p.at())
			return answers(cmd.OutOrStdout(), [][2]string{
				{"errors of both", fmt.Sprintf("%d (median %d, mean %.0f)", errors.Samples, errors.Median, errors.Expected)},
				{"requests to each", fmt.Sprintf("%d (median %d)", (requests.Samples+1)/2, (requests.Median+1)/2)},
			})
		},
	}
	cmd.Flags().Var(&rate, "rate", "the control's share of errors")
	cmd.Flags().Var(&margin, "margin", "how much more often the window may fail")
	cmd.Flags().Float64Var(&ratio, "ratio", 3, "how many times as often as its control the window truly fails")
	return cmd
}
