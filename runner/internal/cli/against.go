package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/internal/suite"
)

// against is what a paired comparison compares with.
type against struct {
	ref    string
	images []string
	pairs  int
	budget time.Duration

	replace []record.Replacement
}

func (a *against) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.ref, "against-ref", "", "compare with this git revision in the same job, pair by pair, such as origin/main")
	f.StringArrayVar(&a.images, "against", nil, "compare with an image's other tag in the same job, such as acme/shop=1.4; may be repeated")
	f.IntVar(&a.pairs, "pairs", 12, "the most pairs of runs of a paired comparison; it ends earlier if it is decided")
	f.DurationVar(&a.budget, "budget", 20*time.Minute, "begin no pair that would not end within this time")
}

// asked reports whether the comparison is paired.
func (a *against) asked() bool { return a.ref != "" || len(a.images) > 0 }

// check refuses flags that do not go together, before anything runs.
func (a *against) check(changed func(flag string) bool, alpha float64, packages []string) (err error) {
	if !a.asked() {
		for _, flag := range []string{"pairs", "budget", "against-ref"} {
			if changed(flag) {
				return usagef("--%s is for a paired comparison: name what to compare with, by --against-ref or --against", flag)
			}
		}
		return nil
	}
	for _, flag := range []string{"runs", "collect"} {
		if changed(flag) {
			return usagef("--%s does not go with a paired comparison, which needs no history: use --pairs", flag)
		}
	}
	if a.budget <= 0 {
		return usagef("--budget is %s: it must be above zero", a.budget)
	}
	const mostPairs = 100
	switch need := stats.PairsNeeded(alpha); {
	case a.pairs < 1 || a.pairs > mostPairs:
		return usagef("--pairs is %d: it must be from 1 to %d", a.pairs, mostPairs)
	case need == 0:
		return usagef("--alpha is %g: no number of pairs shows anything at that: choose a larger alpha", alpha)
	case len(stats.PairLooks(a.pairs, alpha)) == 0:
		return usagef("--pairs is %d: at alpha %s, fewer than %d pairs show nothing, whatever they measure", a.pairs, units.Percent(alpha), need)
	}
	if a.replace, err = record.ParseReplacements(strings.Join(a.images, ",")); err != nil {
		return usagef("--against: %w", err)
	}
	if a.ref == "" {
		return nil
	}
	for _, p := range packages {
		if filepath.IsAbs(p) || slices.Contains(strings.Split(filepath.ToSlash(p), "/"), "..") {
			return usagef("the package %s is not below the working directory: --against-ref takes the same packages of both revisions", p)
		}
	}
	return nil
}

// side is one side of a paired comparison, or the only one.
type side struct {
	// name is empty if there is one side only.
	name    string
	ginkgo  string
	in      string
	replace []record.Replacement
}

// file is the name of a report or log of the side's run.
func (s side) file(n int, extension string) string {
	if s.name == referenceSide {
		return fmt.Sprintf("ginkgo-reference-%d.%s", n, extension)
	}
	return fmt.Sprintf("ginkgo-%d.%s", n, extension)
}

const (
	referenceSide = "the reference"
	candidateSide = "this build"
)

// checkOut makes the reference's side ready. The function that it returns removes what it
// has made, and is never nil.
func (r *runner) checkOut(ctx context.Context, ginkgo, scratch string) (ref gate.Reference, s side, remove func() error, err error) {
	ref = gate.Reference{Ref: r.ref, Images: r.replace, MostPairs: r.pairs, Runs: []gate.Run{}}
	s = side{name: referenceSide, ginkgo: ginkgo, replace: r.replace}
	remove = func() error { return nil }
	if r.ref == "" {
		return ref, s, remove, nil
	}
	fmt.Fprintf(r.out, "checking out and compiling the reference %s\n", r.ref)
	within, stop := signal.NotifyContext(ctx, interrupts...)
	defer stop()
	checkout, err := suite.CheckOut(within, r.ref, filepath.Join(scratch, "reference"))
	remove = func() error { return checkout.Remove(context.WithoutCancel(ctx)) }
	if err == nil {
		ref.Commit, s.in = checkout.Commit, checkout.In
		s.ginkgo, err = suite.Build(within, s.in, scratch, "ginkgo-of-reference")
	}
	if err == nil {
		err = checkout.Compile(within, r.packages, r.suiteFlags)
	}
	_, unknown := errors.AsType[*suite.NoRevisionError](err)
	switch {
	case within.Err() != nil:
		err = errors.New("interrupted by a signal before the suites ran")
	case unknown:
		err = usageError{fmt.Errorf("--against-ref: %w", err)}
	case err != nil:
		err = fmt.Errorf("the reference %s does not build, so nothing was run: %w", r.ref, err)
	}
	return ref, s, remove, err
}

// runPairs runs both sides in turns, A B B A, so that a machine that becomes slower all the
// time is no worse for one of them. It ends when the comparison is decided.
func (r *runner) runPairs(ctx context.Context, rec *gate.Record, reference, candidate side, dir, scratch string) error {
	began := time.Now()
	for n := 1; n <= r.pairs; n++ {
		order := []side{reference, candidate}
		if n%2 == 0 {
			slices.Reverse(order)
		}
		for _, s := range order {
			run, err := r.once(ctx, n, s, dir, scratch)
			if err != nil {
				return err
			}
			if s.name == referenceSide {
				rec.Reference.Runs = append(rec.Reference.Runs, run)
				if v := run.Verdict(); v != gate.Pass && !run.Interrupted {
					fmt.Fprintf(r.out, "the reference does not pass (%s): that is no finding about this build; its log is %s\n", v, filepath.Join(r.decision.out, s.file(n, "log")))
				}
			} else {
				rec.Runs = append(rec.Runs, run)
			}
			if r.ended(rec, n) {
				return nil
			}
		}
		if decided, err := r.look(rec, n); decided || err != nil {
			return err
		}
		spent := time.Since(began)
		if n < r.pairs && spent+spent/time.Duration(n) > r.budget {
			rec.Reference.Ended = fmt.Sprintf("the budget of %s holds no other pair: give a larger --budget, or leave specs out", r.budget)
			return nil
		}
	}
	return nil
}

// ended reports whether no other run would change the answer.
func (r *runner) ended(rec *gate.Record, n int) bool {
	if runs := rec.Reference.Runs; len(runs) > 0 && (runs[len(runs)-1].Interrupted || len(rec.Reference.Unused()) > 0) {
		return true
	}
	if runs := rec.Runs; len(runs) > 0 {
		if v := runs[len(runs)-1].Verdict(); v != gate.Pass {
			fmt.Fprintf(r.out, "pair %d of at most %d: this build: %s: skipping the remaining pairs\n", n, r.pairs, v)
			return true
		}
	}
	return !rec.Comparable()
}

// look looks at the pairs, if it is time to, and reports whether they decide.
func (r *runner) look(rec *gate.Record, n int) (decided bool, err error) {
	if !slices.Contains(rec.PairLooks(), n) {
		return false, nil
	}
	c, err := rec.ComparePairs()
	if err != nil {
		return false, err
	}
	if decided = c.Verdict == gate.Pass || c.Verdict == gate.Regression; !decided && n < r.pairs {
		fmt.Fprintf(r.out, "not decided after %s: up to %d more\n", units.Plural(n, "pair"), r.pairs-n)
	}
	return decided, nil
}
