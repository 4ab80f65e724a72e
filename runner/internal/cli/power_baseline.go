package cli

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// usualAccepted is how many accepted runs a plan takes, if it is not asked for others.
const usualAccepted = 20

func newPowerBaseline(p *planning) *cobra.Command {
	var accepted, candidates, metrics int
	var shift float64
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Runs that the comparison with the baseline needs",
		Long: `Baseline answers what a comparison of whole runs can show, and how many runs would
be enough. The comparison has five metrics for every window: 'chaosgate run' compares
all windows, and MatchBaseline compares one. The probability comes from simulated runs,
and is right to about 2 points.`,
		Example: "  chaosgate power baseline --accepted 20 --candidates 1 --metrics 40 --shift 6",
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
			shows := "in " + units.Percent(plan.Power) + " of comparisons"
			lines := [][2]string{
				{"they can reach", can},
				{"they show a regression of " + size + " standard deviations", shows},
			}
			would, err := stats.RunsToDetect(metrics, max(usualAccepted, accepted), float64(p.alpha), shift, float64(p.power))
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
	f.IntVar(&accepted, "accepted", usualAccepted, "the number of accepted runs in the baseline")
	f.IntVar(&candidates, "candidates", 1, "the number of runs that are compared with it (--runs)")
	f.IntVar(&metrics, "metrics", 5, "the number of metrics")
	f.Float64Var(&shift, "shift", 6, "the size of the regression, in standard deviations from run to run")
	span := func(least, most int) string { return fmt.Sprintf("a whole number from %d to %d", least, most) }
	bound(f, "accepted", span(2, stats.MostRuns), func() bool { return accepted >= 2 && accepted <= stats.MostRuns })
	bound(f, "candidates", span(1, stats.MostRuns), func() bool { return candidates >= 1 && candidates <= stats.MostRuns })
	bound(f, "metrics", span(1, stats.MostMetrics), func() bool { return metrics >= 1 && metrics <= stats.MostMetrics })
	bound(f, "shift", "a number above 0, and finite, such as 3", func() bool { return shift > 0 && !math.IsInf(shift, 0) })
	return cmd
}
