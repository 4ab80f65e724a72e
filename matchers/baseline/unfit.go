package baseline

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Unfit is a window that cannot be compared with the accepted ones.
type Unfit struct {
	Window Key
	Words  string
	// More says that more samples would help.
	More bool
}

// unfit says in what way a window cannot be compared, nil where it can.
func (h history) unfit() *Unfit {
	if len(h.was) == 0 || len(h.is) == 0 {
		return nil
	}
	// One suffices: a run without an answer is slower than any, so it would hide one that is
	// slow or dead.
	dead := func(w Window) bool { return math.IsInf(w.Value(P50), 1) }
	if first := slices.IndexFunc(h.was, dead); first >= 0 {
		n := len(h.was) - len(slices.DeleteFunc(slices.Clone(h.was), dead))
		return &Unfit{Window: h.key, Words: fmt.Sprintf(
			"all samples of this window failed in %d of %d accepted runs, the first of which started at %s: there is nothing to match: take those out of the file, and accept runs of a live service",
			n, len(h.was), h.of[first].Started.Format(time.RFC3339))}
	}
	return h.unlikeSizes()
}

// maximal is the number of samples below which their p99 is their maximum.
const maximal = 100

// unlikeSizes says that the windows have too few samples for the accepted ones, or too
// many. What single requests add to a rate or a quantile scatters more with fewer samples,
// 1.4 times as much with half of them: simulated at alpha 5 % the default margin still
// hides that (4 % of healthy windows fail), and hides no more; without a margin 12 % do.
// More samples scatter less, which does no harm unless so few were accepted that their p99
// is a maximum, which grows with the samples.
func (h history) unlikeSizes() *Unfit {
	was, is := counts(h.was), counts(h.is)
	usual, fewest, most := was[len(was)/2], is[0], is[len(is)-1]
	const advice = "load as the accepted runs did, or collect anew"
	switch {
	case 2*fewest < usual:
		return &Unfit{Window: h.key, More: true, Words: fmt.Sprintf(
			"the window has %s, and %s are usual in the accepted runs: fewer than half as many cannot be compared: %s", units.Plural(fewest, "sample"), units.Number(usual), advice)}
	case usual < maximal && most > 2*usual:
		return &Unfit{Window: h.key, Words: fmt.Sprintf(
			"the window has %s, and %s are usual in the accepted runs: the p99 of fewer than %d samples is their slowest, which is slower of more than twice as many: %s", units.Plural(most, "sample"), units.Number(usual), maximal, advice)}
	}
	return nil
}

// counts are the numbers of samples, the smallest first. The middle one is usual: no single
// run that was cut short changes it.
func counts(windows []Window) []int {
	all := make([]int, len(windows))
	for i, w := range windows {
		all[i] = w.Count
	}
	slices.Sort(all)
	return all
}

// TooFew says what so many runs can show, and which would do.
type TooFew struct {
	Accepted, Candidates int
	// Reachable is the least P there can be, and Needed what can show anything.
	Reachable, Needed float64
	// Groups is how many groups of windows are compared, each of which other runs have.
	Groups int
}

func newTooFew(m Metric, groups int, alpha float64) *TooFew {
	return &TooFew{
		Accepted: len(m.Accepted), Candidates: len(m.Candidates),
		Reachable: m.Reachable, Needed: alpha / float64(groups), Groups: groups,
	}
}

// Enough returns the fewest runs that can show anything: of these with the fewest candidates,
// from so many on, those with the fewest accepted runs.
func (f TooFew) Enough(mostAccepted, mostCandidates int) (accepted, candidates int, ok bool) {
	for candidates := f.Candidates; candidates <= mostCandidates; candidates++ {
		for accepted := 1; accepted <= mostAccepted; accepted++ {
			if stats.ReachableP(accepted, candidates) <= f.Needed*rounding {
				return accepted, candidates, true
			}
		}
	}
	return 0, 0, false
}
