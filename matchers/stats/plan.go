package stats

import (
	"fmt"
	"math"
	"sync"
)

type plan struct{ limit, rate, alpha, power float64 }

// planned remembers SamplesToDetect's answers, since a polled matcher asks for
// the same one at every look. A suite has a handful of different ones.
var planned sync.Map

// SamplesToDetect returns the number of samples from which on a single look
// with Above(limit) at level alpha shows, with at least the given power, that a
// rate is above limit when it truly is rate and samples are independent. The
// number is exact: power rises with the samples except where one more event
// becomes necessary, and the answer lies after the last such step that falls below
// power.
func SamplesToDetect(limit, rate, alpha, power float64) (int, error) {
	switch test := Above(limit); {
	case test.Validate() != nil:
		return 0, test.Validate()
	case !(rate > limit && rate < 1):
		return 0, fmt.Errorf("plan samples for rate %v: must be above the limit %v and below 1", rate, limit)
	case !(alpha > 0 && alpha < 1):
		return 0, fmt.Errorf("plan samples at level %v: must be between 0 and 1", alpha)
	case !(power > 0 && power < 1):
		return 0, fmt.Errorf("plan samples for power %v: must be between 0 and 1", power)
	}
	key := plan{limit, rate, alpha, power}
	if n, ok := planned.Load(key); ok {
		return n.(int), nil
	}
	n, err := key.samples()
	if err == nil {
		planned.Store(key, n)
	}
	return n, err
}

// mostEvents bounds the search. If a rate is so near the limit that more events are
// needed, no load in a test is enough.
const mostEvents = 20_000

// step is the range of sample counts that need exactly this many events.
type step struct{ events, from, to int }

func (p plan) samples() (int, error) {
	test := Above(p.limit)
	var weak step // the last one whose start lacks the power
	next := 1
	for s := 1; s <= mostEvents; s++ {
		last := test.lastShown(s, p.alpha)
		if last < next {
			continue
		}
		now := step{s, max(next, s), last}
		next = last + 1
		power := binomialTail(s, now.from, p.rate)
		switch {
		case power < p.power:
			weak = now
		case weak.events == 0:
			weak = step{s, now.from, now.from - 1}
		case power > p.power+0.9*(1-p.power) || 10*s > 11*weak.events+1000:
			// Steps may be a sample or two long, and the power at their starts then goes down
			// as well as up. From this far above it does not fall below again.
			return p.within(weak), nil
		}
	}
	if weak.events == 0 {
		return 0, fmt.Errorf("plan samples for rate %v against limit %v: no number of them shows it: choose a smaller limit", p.rate, p.limit)
	}
	return 0, fmt.Errorf("plan samples for rate %v against limit %v: more than %d are needed: choose a rate further from the limit", p.rate, p.limit, next)
}

// within returns the least number of samples from which on the step has the power, or
// else the one after it.
func (p plan) within(s step) int {
	low, high := s.from, s.to+1
	for low < high {
		n := (low + high) / 2
		if binomialTail(s.events, n, p.rate) >= p.power {
			high = n
		} else {
			low = n + 1
		}
	}
	return low
}

// lastShown returns the largest n at which the given number of events shows the
// claim, 0 if there is none. Every sample without the event lowers the e-value.
func (b Bernoulli) lastShown(events int, alpha float64) int {
	if !b.Shows(events, events, alpha) {
		return 0
	}
	low, high := events, 2*events
	for high < mostSamples && b.Shows(events, high, alpha) {
		low, high = high, 2*high
	}
	for low+1 < high {
		if n := (low + high) / 2; b.Shows(events, n, alpha) {
			low = n
		} else {
			high = n
		}
	}
	return low
}

// mostSamples bounds the search. No load has more, and twice as many still fit an int.
const mostSamples = math.MaxInt / 4

// SamplesToShow returns the smallest number of samples, at least n, that shows
// b's claim at level alpha if exactly events of them have the event. Only a claim of BelowLimit is strengthened by samples without the
// event; for the other it is an error.
func (b Bernoulli) SamplesToShow(events, n int, alpha float64) (int, error) {
	switch {
	case b.Validate() != nil:
		return 0, b.Validate()
	case b.Side != BelowLimit:
		return 0, fmt.Errorf("plan samples to show a rate above %v: samples without the event cannot show it", b.Limit)
	case !(alpha > 0 && alpha < 1):
		return 0, fmt.Errorf("plan samples at level %v: must be between 0 and 1", alpha)
	case events < 0 || n < events:
		return 0, fmt.Errorf("plan samples for %d events in %d samples: cannot be", events, n)
	}
	if b.Shows(events, n, alpha) {
		return n, nil
	}
	low, high := n, max(2*n, 1)
	for !b.Shows(events, high, alpha) {
		if high > mostSamples {
			return 0, fmt.Errorf("plan samples to show a rate below %v: more than %d are needed: choose a larger limit", b.Limit, high)
		}
		low, high = high, 2*high
	}
	for low+1 < high {
		if middle := (low + high) / 2; b.Shows(events, middle, alpha) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}
