package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Fleet looks for members of a fleet that are slower or faster than their peers by
// more than a margin. It takes one statistic for each member and window, such as the
// median latency in seconds. In a window a member is slower if its statistic is
// above (1+margin) times the upper median of all others', and above it by more
// than floor; it is faster if it is below the lower median of all others' over
// (1+margin), and below it by more than floor. The two
// medians differ, so that one outlier of three does not make outliers of its peers.
//
// The null hypothesis for each member and tail is that, whatever came before, the member
// lies beyond the margin in a window with a probability of at most one half. It holds
// for members that always differ by less than the margin, for any distribution and for
// lasting noise, unless noise keeps a member beyond the margin most of the time. The test
// is an e-process (Bernoulli), valid at every look.
//
// A Fleet is not safe for concurrent use; read a Clone instead.
type Fleet struct {
	tally
	margin, floor float64
}

// The priors favour members that are hit nearly always, as outliers are, or nearly never,
// as healthy members are. Among the priors that were tried on hit rates of 0.7 to 1 (0 to
// 0.3) these are the best overall.
var (
	fleetTest      = Bernoulli{Side: AboveLimit, Limit: 0.5, A: 6, B: 1}
	fleetClearTest = Bernoulli{Side: BelowLimit, Limit: 0.5, A: 1, B: 2}
)

// LatencyShare is the share of alpha for latencies when errors are judged as well. Every
// request is evidence about errors, but only every window about latencies.
const LatencyShare = 0.97

// NewFleet starts with no window. There must be at least 3 members. margin is a
// share, 0.25 for 25 %, and floor is in the statistic's unit; neither may be negative.
func NewFleet(members int, margin, floor float64) (*Fleet, error) {
	counts, err := newTally(members, fleetTest)
	switch {
	case err != nil:
		return nil, err
	case !usable(margin):
		return nil, fmt.Errorf("compare members of a fleet with margin %v: must be a share of at least 0, such as 0.25", margin)
	case !(floor >= 0) || math.IsInf(floor, 0):
		return nil, fmt.Errorf("compare members of a fleet with floor %v: must be at least 0 and finite, such as 0.001", floor)
	}
	return &Fleet{tally: counts, margin: margin, floor: floor}, nil
}

// Add adds a window: one statistic for each member, not negative, and +Inf for a member
// that did not answer. A refused window changes nothing.
func (f *Fleet) Add(window []float64) error {
	if err := f.check(window); err != nil {
		return err
	}
	lower, upper := peerMedians(window)
	for i, v := range window {
		if v > upper[i]*raised(f.margin) && v > lifted(upper[i], f.floor) {
			f.counts[Slower][i]++
		}
		if lower[i] > v*raised(f.margin) && lower[i] > lifted(v, f.floor) {
			f.counts[Faster][i]++
		}
	}
	f.windows++
	return nil
}

// Cleared reports whether the windows show at level alpha, at any look, that a member
// lies beyond the margin in fewer than half of the windows. Clearing all members and
// tails together needs no correction. It is wrong only if one of them is not healthy, and
// that one is cleared with a probability of at most alpha.
func (f *Fleet) Cleared(member int, tail Tail, alpha float64) bool {
	return f.has(member, tail) && alpha > 0 && alpha < 1 && fleetClearTest.Shows(f.counts[tail][member], f.windows, alpha)
}

// Clone returns an independent copy.
func (f *Fleet) Clone() *Fleet {
	c := *f
	c.tally = f.clone()
	return &c
}

// peerMedians returns for each value the lower and the upper median of all others,
// from one sort.
func peerMedians(values []float64) (lower, upper []float64) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	lower, upper = make([]float64, len(values)), make([]float64, len(values))
	peers := len(values) - 1
	for place, i := range order {
		// The peers are the sorted values without the one at this place.
		at := func(k int) float64 {
			if k >= place {
				k++
			}
			return values[order[k]]
		}
		lower[i], upper[i] = at((peers-1)/2), at(peers/2)
	}
	return lower, upper
}
