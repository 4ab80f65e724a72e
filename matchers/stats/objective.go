package stats

import (
	"fmt"
	"math"
	"sort"
)

// reachOfKept is how many times the limit a kept objective has ruled out.
const reachOfKept = 5

// Objective is a limit on the rate of an event, such as an error or an answer that
// takes too long. A window of samples keeps it, violates it, or decides neither:
//
//   - it is violated if the samples show a rate above the limit;
//   - it is kept if the observed rate is within the limit, and the samples rule
//     out the rate Beyond.
type Objective struct {
	Limit, Alpha float64
	// Proved asks for more: the limit itself must be ruled out.
	Proved bool
}

// Beyond is the rate that must be ruled out: five times the limit, or half way from the
// limit to one if that is nearer. With Proved it is the limit itself.
func (o Objective) Beyond() float64 {
	if o.Proved {
		return o.Limit
	}
	return math.Min(reachOfKept*o.Limit, (1+o.Limit)/2)
}

// Validate reports a limit so near 0 or 1 that no number lies between it and Beyond.
func (o Objective) Validate() error {
	beyond := o.Beyond()
	if !(o.Limit > 0 && o.Limit < 1) || !o.Proved && !(o.Limit < beyond && beyond < 1) {
		return fmt.Errorf("a rate of %v cannot be told from one of %v: choose a limit further from 0 and from 1", o.Limit, beyond)
	}
	return nil
}

// Within reports whether so many events in n samples are no larger a share than the
// limit.
func (o Objective) Within(events, n int) bool { return n >= o.fewest(events) }

// fewest is the fewest samples that may have this many events. A limit such as 1 - 0.9 is
// a little off in binary, and that must not matter.
func (o Objective) fewest(events int) int {
	return int(math.Ceil(float64(events) / (o.Limit * (1 + 1e-9))))
}

// Violated reports whether the samples show a rate above the limit.
func (o Objective) Violated(events, n int) bool { return Above(o.Limit).Shows(events, n, o.Alpha) }

// Kept reports whether the samples keep the objective.
func (o Objective) Kept(events, n int) bool {
	return o.Within(events, n) && Below(o.Beyond()).Shows(events, n, o.Alpha)
}

// SamplesToKeep returns the smallest number of samples, at least n, that keep the
// objective if events of them have the event and no more do.
func (o Objective) SamplesToKeep(events, n int) (int, error) {
	shown, err := Below(o.Beyond()).SamplesToShow(events, n, o.Alpha)
	return max(shown, o.fewest(events)), err
}

// ShareKept returns how likely one look at n independent samples keeps the objective, if
// they have the event at the given rate. At the limit itself it is about one half.
func (o Objective) ShareKept(rate float64, n int) float64 {
	// With each event more it is harder to keep.
	first := sort.Search(n+1, func(events int) bool { return !o.Kept(events, n) })
	if first > n {
		return 1
	}
	return 1 - binomialTail(first, n, rate)
}

// SamplesToKeepAt returns the number of independent samples from which on one look keeps
// the objective with at least the given power, if they have the event at a rate below the
// limit.
func (o Objective) SamplesToKeepAt(rate, power float64) (int, error) {
	switch {
	case o.Validate() != nil:
		return 0, o.Validate()
	case !(rate >= 0 && rate < o.Limit):
		return 0, fmt.Errorf("plan samples to keep a limit of %v at a rate of %v: the rate must be at least 0 and below the limit", o.Limit, rate)
	case !(power > 0 && power < 1) || !(o.Alpha > 0 && o.Alpha < 1):
		return 0, fmt.Errorf("plan samples to keep a limit at level %v with power %v: both must be between 0 and 1", o.Alpha, power)
	}
	n := 1
	// The power rises when one more event is allowed, and falls from there to the next rise.
	// So the value just before each rise counts.
	for last := 0; ; last++ {
		if last > mostEvents {
			return 0, fmt.Errorf("plan samples to keep a limit of %v at a rate of %v: more than %d are needed: choose a rate further from the limit", o.Limit, rate, n)
		}
		next, err := o.SamplesToKeep(last, max(n, last))
		if err != nil {
			return 0, err
		}
		if next > n && o.ShareKept(rate, next-1) >= power {
			return n, nil
		}
		n = next
	}
}
