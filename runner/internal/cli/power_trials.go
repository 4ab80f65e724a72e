package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

func newPowerTrials(p *planning) *cobra.Command {
	var trials, failures int
	cmd := &cobra.Command{
		Use:     "trials",
		Short:   "What a few trials, such as recoveries, show about the failure rate",
		Example: "  chaosgate power trials --trials 10 --failures 0",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if failures > trials {
				return usagef("--failures is %d: it must be from 0 to the number of --trials, %d", failures, trials)
			}
			most, err := stats.FailuresBound(failures, trials, float64(p.alpha))
			if err != nil {
				return usageError{err}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s in %s: with %s confidence, at most %s fail\n",
				units.Plural(failures, "failure"), units.Plural(trials, "trial"), units.Chosen(1-p.alpha), units.Percent(most))
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&trials, "trials", 10, "the number of trials")
	f.IntVar(&failures, "failures", 0, "the number of trials that failed")
	bound(f, "trials", wholeFrom(1), func() bool { return trials >= 1 })
	bound(f, "failures", wholeFrom(0), func() bool { return failures >= 0 })
	return cmd
}
