package baseline

import (
	"fmt"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Unfit is a window that cannot be compared with the accepted ones.
type Unfit struct {
	Window Key
	Words  string
	// More says that more samples would help.
	More bool
}

// What a window is compared with, and how to get better ones.
var (
	acceptedRuns = than{
		"accepted", "accepted runs", "take those runs out of the file, and accept runs of a live service", "load as the accepted runs did, or collect anew",
	}
	referenceRuns = than{
		"reference", "reference's runs", "compare with a reference that answers", "load as the reference did",
	}
)

type than struct{ adjective, runs, live, load string }

// unfit says why a window cannot be compared, or returns nil if it can.
func (h history) unfit(than than) *Unfit {
	if len(h.was) == 0 || len(h.is) == 0 {
		return nil
	}
	// One such run suffices: its latencies are not known, so no candidate's could be compared.
	if first := slices.IndexFunc(h.was, Window.dead); first >= 0 {
		n := len(h.was) - len(slices.DeleteFunc(slices.Clone(h.was), Window.dead))
		return &Unfit{Window: h.key, Words: fmt.Sprintf(
			"all samples of this window failed in %d of %d %s runs (the first started at %s): there is nothing to match: %s",
			n, len(h.was), than.adjective, h.of[first].Started.Format(time.RFC3339), than.live)}
	}
	return h.unlikeSizes(than)
}

// maximal is the number of samples below which the p99 is the maximum.
const maximal = 100

// unlikeSizes says that the windows have too few or too many samples beside the accepted
// ones. With half of the samples, rates and quantiles scatter 1.4 times as much. In a
// simulation at alpha 5 %, 4 % of healthy windows then fail with the default margin, and 12 %
// without a margin. More samples scatter less and do no harm, unless the accepted windows
// have so few that their p99 is their maximum. A maximum grows with the samples.
func (h history) unlikeSizes(than than) *Unfit {
	was, is := counts(h.was), counts(h.is)
	usual, fewest, most := was[len(was)/2], is[0], is[len(is)-1]
	switch {
	case 2*fewest < usual:
		return &Unfit{Window: h.key, More: true, Words: fmt.Sprintf(
			"the window has %s, and %s are usual in the %s: fewer than half as many cannot be compared: %s", units.Plural(fewest, "sample"), units.Number(usual), than.runs, than.load)}
	case usual < maximal && most > 2*usual:
		return &Unfit{Window: h.key, Words: fmt.Sprintf(
			"the window has %s, and %s are usual in the %s: the p99 of fewer than %d samples is their slowest, which is slower of more than twice as many: %s", units.Plural(most, "sample"), units.Number(usual), than.runs, maximal, than.load)}
	}
	return nil
}

// counts are the numbers of samples, the smallest first. The middle one is the usual one,
// because a single run that was cut short does not change it.
func counts(windows []Window) []int {
	all := make([]int, len(windows))
	for i, w := range windows {
		all[i] = w.Count
	}
	slices.Sort(all)
	return all
}
