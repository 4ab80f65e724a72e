package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// planning is what every question about sample sizes has in common.
type planning struct{ alpha, power share }

func newPower() *cobra.Command {
	p := &planning{alpha: 0.05, power: 0.9}
	cmd := &cobra.Command{
		Use:   "power",
		Short: "Say how many requests, windows or runs are needed to see a difference",
		Long: `Power answers how much must be seen before a matcher or the gate can decide:
requests for an objective or beside a control window, windows for a fleet, runs
for a baseline, trials for a recovery. Numbers are exact, for independent samples;
the tests themselves do not assume that. A window that is polled while it grows is
judged at the first look that shows something, which is sooner on the whole than
one look at its end.`,
		Example: `  chaosgate power objective --limit 1% --rate 5%
  chaosgate power baseline --accepted 10 --candidates 3 --metrics 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.Var(&p.alpha, "alpha", "the rate of false verdicts that is allowed")
	bound(f, "alpha", "above 0 % and at most 50 %, such as 5%", func() bool { return p.alpha > 0 && p.alpha <= 0.5 })
	cmd.AddCommand(newPowerTrials(p))
	for _, plan := range []*cobra.Command{newPowerObjective(p), newPowerControl(p), newPowerFleet(p), newPowerBaseline(p)} {
		f := plan.Flags()
		f.Var(&p.power, "power", "the probability with which the difference is to be seen")
		bound(f, "power", "above 0 % and below 100 %, such as 90%", func() bool { return p.power > 0 && p.power < 1 })
		cmd.AddCommand(plan)
	}
	return cmd
}

// How a matcher looks: a growing window is judged by the first look that shows
// something, one that has ended by what it shows then.
const (
	eachLook = "with a look after each (Eventually, Consistently)"
	oneLook  = "with one look at the end (Expect)"
)

// at says the level and the probability that an answer is for.
func (p *planning) at() string {
	return fmt.Sprintf("at alpha %s, with a probability of %s", units.Chosen(p.alpha), units.Chosen(p.power))
}

// answers writes aligned lines of a what and a how many.
func answers(out io.Writer, lines [][2]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}
