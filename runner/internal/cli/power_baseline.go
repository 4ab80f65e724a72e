package cli

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func newPowerBaseline(p *planning) *cobra.Command {
	var accepted, candidates, metrics int
	var shift float64
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Runs that the comparison with the baseline needs",
		Long: `Baseline answers what a comparison of whole runs can show, and how many runs would
be enough. The comparison has four metrics for every window: 'chaosgate run' compares
all windows, and MatchBaseline compares one. The probability is computed from the
ranks of the one metric that is worse; the comparison shows it at least as often.`,
		Example: "  chaosgate power baseline --accepted 10 --candidates 3 --metrics 4 --shift 3",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := stats.PlanRuns(accepted, candidates, metrics, float64(p.alpha), shift)
			if err != nil {
				return usageError{err}
			}
			size := strconv.FormatFloat(shift, 'g', 4, 64)
			fmt.Fprintf(cmd.OutOrStdout(), "%d accepted and %s, %s, alpha %s:\n", accepted,
				units.Plural(candidates, "candidate run"), units.Plural(metrics, "metric"), units.Chosen(p.alpha))
			can := fmt.Sprintf("p = %.2g, and %.2g is needed", stats.ReachableP(accepted, candidates), plan.Alpha)
			if !plan.Reachable() {
				can += ": nothing can be shown"
			}
			shows := "in at least " + units.Percent(plan.Power) + " of comparisons"
			if plan.Reachable() && !plan.ByRanks() {
				shows = fmt.Sprintf("only if it stands out more than the other %s do by chance", units.Plural(metrics-1, "metric"))
			}
			lines := [][2]string{
				{"they can reach", can},
				{"they show a regression of " + size + " standard deviations", shows},
			}
			would, err := stats.RunsToDetect(metrics, max(gate.Kept, accepted), float64(p.alpha), shift, float64(p.power))
			if err != nil {
				lines = append(lines, [2]string{"to show it in " + units.Chosen(p.power) + " of comparisons", err.Error()})
			} else {
				lines = append(lines, [2]string{
					"to show it in " + units.Chosen(p.power) + " of comparisons",
					fmt.Sprintf("%d accepted and %s", would.Accepted, units.Plural(would.Candidates, "candidate run")),
				})
			}
			return answers(cmd.OutOrStdout(), lines)
		},
	}
	f := cmd.Flags()
	f.IntVar(&accepted, "accepted", 10, "the number of accepted runs in the baseline")
	f.IntVar(&candidates, "candidates", 3, "the number of runs that are compared with it (--runs)")
	f.IntVar(&metrics, "metrics", 4, "the number of metrics")
	f.Float64Var(&shift, "shift", 3, "the size of the regression, in standard deviations from run to run")
	span := fmt.Sprintf("a whole number from 1 to %d", stats.MostRuns)
	bound(f, "accepted", span, func() bool { return accepted >= 1 && accepted <= stats.MostRuns })
	bound(f, "candidates", span, func() bool { return candidates >= 1 && candidates <= stats.MostRuns })
	bound(f, "metrics", wholeFrom(1), func() bool { return metrics >= 1 })
	bound(f, "shift", "a number above 0, and finite, such as 3", func() bool { return shift > 0 && !math.IsInf(shift, 0) })
	return cmd
}
