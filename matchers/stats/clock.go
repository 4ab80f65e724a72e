package stats

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Offset bounds the difference between a remote clock and the local one: it certainly
// lies from Low to High. It is positive if the remote clock is ahead.
type Offset struct{ Low, High time.Duration }

// NewOffset bounds the offset of a remote clock that was read once: the request was
// sent, and the answer received, at these local times, and in between the remote
// clock showed at least says and less than says+resolution. So the offset lies from
// says-received to says+resolution-sent, however long each way took. It is an error when
// the resolution is negative, the answer came before the request, or a local time is
// zero. So is a clock that is more than 292 years away: it was never set.
func NewOffset(sent, received, says time.Time, resolution time.Duration) (Offset, error) {
	// Drop the monotonic reading: it would hide that the local clock was set back in
	// between.
	sent, received = sent.Round(0), received.Round(0)
	switch {
	case sent.IsZero() || received.IsZero():
		return Offset{}, errors.New("read a clock: there is no local time from before the request or from after the answer: note both")
	case received.Before(sent):
		return Offset{}, fmt.Errorf("read a clock: the answer was received %v before the request was sent: the local clock stepped", sent.Sub(received))
	case resolution < 0:
		return Offset{}, fmt.Errorf("read a clock with resolution %v: must not be negative", resolution)
	}
	o := Offset{says.Sub(received), says.Add(resolution).Sub(sent)}
	if saturated(o.Low) || saturated(o.High) || o.Low > o.High {
		return Offset{}, fmt.Errorf("read a clock: it says %s, more than 292 years from the local clock: it shows no time: set it first", says.Format(time.RFC3339Nano))
	}
	return o, nil
}

// saturated reports whether two times may be further apart than a duration can hold.
// Their time.Time.Sub is then the longest duration.
func saturated(d time.Duration) bool { return d == math.MaxInt64 || d == math.MinInt64 }

// Width is the uncertainty of the offset.
func (o Offset) Width() time.Duration { return minus(o.High, o.Low) }

// String is the bounds, such as "[-1.2ms, 3.4ms]".
func (o Offset) String() string { return fmt.Sprintf("[%v, %v]", o.Low, o.High) }

// Intersect bounds the offset of a clock by all of its readings at once. It is an error
// when they contradict each other: one of the two clocks was then stepped in between, runs
// at another rate, or does not show time at all.
func Intersect(readings []Offset) (Offset, error) {
	if len(readings) == 0 {
		return Offset{}, errors.New("bound a clock's offset: there is no reading: one at least is needed")
	}
	low, high := 0, 0 // the readings that bound it
	for i, r := range readings {
		if r.Low > r.High {
			return Offset{}, fmt.Errorf("bound a clock's offset: reading %d is %v: its ends are exchanged", i, r)
		}
		if r.Low > readings[low].Low {
			low = i
		}
		if r.High < readings[high].High {
			high = i
		}
	}
	both := Offset{readings[low].Low, readings[high].High}
	if both.Low > both.High {
		return Offset{}, fmt.Errorf("bound a clock's offset: reading %d, %v, and reading %d, %v, contradict each other by %v: the clock was stepped, or does not show time",
			min(low, high), readings[min(low, high)], max(low, high), readings[max(low, high)], minus(both.Low, both.High))
	}
	return both, nil
}

// gap is how far a is certainly ahead of b. It is negative if a is behind, and 0 if they
// may be the same.
func gap(a, b Offset) time.Duration {
	switch {
	case a.Low > b.High:
		return minus(a.Low, b.High)
	case a.High < b.Low:
		return -minus(b.Low, a.High)
	}
	return 0
}

// minus is a - b for b <= a, but at most the longest duration.
func minus(a, b time.Duration) time.Duration {
	if d := a - b; d >= 0 {
		return d
	}
	return math.MaxInt64
}
