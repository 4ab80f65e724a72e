package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// planning holds what all questions about sample sizes share.
type planning struct{ alpha, power share }

func newPower() *cobra.Command {
	p := &planning{alpha: 0.05, power: 0.9}
	cmd := &cobra.Command{
		Use:   "power",
		Short: "Plan how many requests, windows or runs show a difference",
		Long: `Power answers how much must be measured before a matcher or the gate can decide:
requests for an objective or for a comparison with a control window, windows for a
fleet, runs for a baseline, trials for a recovery.

The numbers are exact for independent samples; the tests themselves do not assume
independence. A window that is polled while it grows is decided by the first look
that shows something. On average, that comes sooner than one look at the end.`,
		Example: `  chaosgate power objective --limit 1% --rate 5%
  chaosgate power baseline --accepted 10 --candidates 3 --metrics 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.Var(&p.alpha, "alpha", "the allowed rate of false verdicts")
	bound(f, "alpha", "above 0 % and at most 50 %, such as 5%", func() bool { return p.alpha > 0 && p.alpha <= 0.5 })
	cmd.AddCommand(newPowerTrials(p))
	for _, plan := range []*cobra.Command{newPowerObjective(p), newPowerControl(p), newPowerFleet(p), newPowerBaseline(p)} {
		f := plan.Flags()
		f.Var(&p.power, "power", "the probability of seeing the difference")
		bound(f, "power", "above 0 % and below 100 %, such as 90%", func() bool { return p.power > 0 && p.power < 1 })
		cmd.AddCommand(plan)
	}
	return cmd
}

// How a matcher looks: at a growing window after each sample, until a look shows
// something, or once at a window that has ended.
const (
	eachLook = "with a look after each (Eventually, Consistently)"
	oneLook  = "with one look at the end (Expect)"
)

// at names the level and the probability that an answer holds for.
func (p *planning) at() string {
	return fmt.Sprintf("at alpha %s, with a probability of %s", units.Chosen(p.alpha), units.Chosen(p.power))
}

// answers writes aligned lines: what, and how many.
func answers(out io.Writer, lines [][2]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}
