package stats

import (
	"fmt"
	"math"
	"slices"
)

// Tail is the direction in which a member's statistic differs from its peers'.
type Tail int

// The tails: the statistic, such as a latency, is larger than the peers', or smaller.
const (
	Slower Tail = iota
	Faster
)

// String is "slower" or "faster".
func (t Tail) String() string {
	switch t {
	case Slower:
		return "slower"
	case Faster:
		return "faster"
	}
	return fmt.Sprintf("Tail(%d)", int(t))
}

// Outlier is a member that was shown to differ from its peers.
type Outlier struct {
	// Member is its index.
	Member int
	Tail   Tail
	// LogE is the natural logarithm of its e-value.
	LogE float64
	// Count is the number of windows where it differed.
	Count int
}

// tally counts for every member and tail the windows where it differed from its
// peers, and tests how often.
type tally struct {
	windows int
	counts  [2][]int // by tail, then by member
	test    Bernoulli
}

func newTally(members int, test Bernoulli) (tally, error) {
	if members < 3 {
		return tally{}, fmt.Errorf("compare %d members of a fleet: at least 3 are needed, because two members cannot show which is the outlier", members)
	}
	return tally{counts: [2][]int{make([]int, members), make([]int, members)}, test: test}, nil
}

// check refuses a window that lacks a usable value for a member.
func (t *tally) check(window []float64) error {
	if len(window) != t.Members() {
		return fmt.Errorf("add a window of a fleet: it has %d values for %d members: give one for each", len(window), t.Members())
	}
	for i, v := range window {
		if !(v >= 0) {
			return fmt.Errorf("add a window of a fleet: member %d has the value %v: must be at least 0, or +Inf if it did not answer", i, v)
		}
	}
	return nil
}

// Members is the number of members.
func (t *tally) Members() int { return len(t.counts[Slower]) }

// Windows is the number of windows that were added.
func (t *tally) Windows() int { return t.windows }

// Count is the number of windows where a member differed from its peers, 0 if there is
// no such member or tail.
func (t *tally) Count(member int, tail Tail) int {
	if !t.has(member, tail) {
		return 0
	}
	return t.counts[tail][member]
}

// LogE is the natural logarithm of the e-value that a member differs from its peers. It
// is NaN if there is no such member or tail.
func (t *tally) LogE(member int, tail Tail) float64 {
	if !t.has(member, tail) {
		return math.NaN()
	}
	return t.test.LogE(t.counts[tail][member], t.windows)
}

// Outliers are the members that were shown to differ from their peers, those
// with the most evidence first. The probability that any healthy member is ever
// among them, over all members, both tails and all looks, is at most alpha: each
// is tested at alpha divided by twice the number of members (Bonferroni). There are none
// for an alpha outside (0, 1).
func (t *tally) Outliers(alpha float64) []Outlier {
	return outliers(t.Members(), []Tail{Slower, Faster}, alpha, t.LogE, t.Count)
}

func (t *tally) has(member int, tail Tail) bool {
	return (tail == Slower || tail == Faster) && member >= 0 && member < t.Members()
}

func (t *tally) clone() tally {
	c := *t
	c.counts = [2][]int{slices.Clone(t.counts[Slower]), slices.Clone(t.counts[Faster])}
	return c
}

// outliers collects the members and tails whose e-value reaches the family's level.
func outliers(members int, tails []Tail, alpha float64, logE func(int, Tail) float64, count func(int, Tail) int) []Outlier {
	if !(alpha > 0 && alpha < 1) {
		return nil
	}
	need := math.Log(float64(len(tails)*members) / alpha)
	var found []Outlier
	for _, tail := range tails {
		for member := range members {
			if e := logE(member, tail); e >= need {
				found = append(found, Outlier{member, tail, e, count(member, tail)})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Outlier) int {
		if a.LogE > b.LogE {
			return -1
		}
		if a.LogE < b.LogE {
			return 1
		}
		return 0
	})
	return found
}
