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
	// Burst is how many samples count as one, because their events come together
	// ([Events.Burst]). Below 1 it is 1.
	Burst float64
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
	if math.IsNaN(o.Burst) || math.IsInf(o.Burst, 0) {
		return fmt.Errorf("judge a rate with bursts of %v: must be finite", o.Burst)
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
func (o Objective) Violated(events, n int) bool { return o.LogE(events, n) >= -math.Log(o.Alpha) }

// LogE is the natural logarithm of the e-value that the rate is above the limit.
func (o Objective) LogE(events, n int) float64 {
	return Above(o.Limit).InBursts(o.Burst).LogE(events, n)
}

// AtLeast is the bound that belongs to Violated: with confidence 1-alpha the rate is above it.
func (o Objective) AtLeast(events, n int) float64 {
	return Above(o.Limit).InBursts(o.Burst).Bound(events, n, o.Alpha)
}

// Kept reports whether the samples keep the objective.
func (o Objective) Kept(events, n int) bool {
	return o.Within(events, n) && o.LogEBelow(events, n) >= -math.Log(o.Alpha)
}

// LogEBelow is the natural logarithm of the e-value that the rate is below Beyond.
func (o Objective) LogEBelow(events, n int) float64 { return o.logEBelow(o.Beyond(), events, n) }

// logEBelow is about any rate. To tell a small limit from Beyond, it is the likelihood of
// half the limit over that of the rate (Wald 1945, "Sequential tests of statistical
// hypotheses"): a service there shows most with the fewest samples.
func (o Objective) logEBelow(rate float64, events, n int) float64 {
	half := o.Limit / 2
	if o.Proved || o.Limit >= mixedFrom {
		return Below(rate).InBursts(o.Burst).LogE(events, n)
	}
	if events < 0 || n < events || !(rate < 1) {
		return math.NaN()
	}
	each, without := math.Log(half/rate), math.Log1p(-half)-math.Log1p(-rate)
	return (float64(events)*each + float64(n-events)*without) / math.Max(o.Burst, 1)
}

// mixedFrom is the limit from which on half of it is no good guess of a healthy rate.
const mixedFrom = 0.2

// AtMost is the bound that belongs to Kept: with confidence 1-alpha the rate is below it.
// It is 1 if the samples show nothing.
func (o Objective) AtMost(events, n int) float64 {
	if o.Proved || o.Limit >= mixedFrom {
		return Below(o.Beyond()).InBursts(o.Burst).Bound(events, n, o.Alpha)
	}
	// With a rate above the observed one, the evidence grows.
	open, shown := math.Max(o.Limit/2, float64(events)/math.Max(float64(n), 1)), 1.0
	for shown-open > 1e-10 {
		if rate := (open + shown) / 2; o.logEBelow(rate, events, n) >= -math.Log(o.Alpha) {
			shown = rate
		} else {
			open = rate
		}
	}
	return shown
}

// SamplesToKeep returns the smallest number of samples, at least n, that keep the
// objective if events of them have the event and no more do.
func (o Objective) SamplesToKeep(events, n int) (int, error) {
	switch {
	case o.Validate() != nil:
		return 0, o.Validate()
	case !(o.Alpha > 0 && o.Alpha < 1):
		return 0, fmt.Errorf("plan samples to keep a limit at level %v: must be between 0 and 1", o.Alpha)
	case events < 0 || n < events:
		return 0, fmt.Errorf("plan samples to keep a limit after %d events in %d samples: cannot be", events, n)
	}
	if float64(events)/o.Limit < mostSamples {
		n = max(n, o.fewest(events))
		if kept := fromWhere(n, func(n int) bool { return o.Kept(events, n) }); kept <= mostSamples {
			return kept, nil
		}
	}
	return 0, fmt.Errorf("plan samples to keep a limit of %v: more than %d are needed: choose a larger limit", o.Limit, mostSamples)
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
