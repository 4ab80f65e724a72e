package stats

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Offset is where the difference between a remote clock and the local one lies for
// certain: from Low to High. It is positive if the remote clock is ahead.
type Offset struct{ Low, High time.Duration }

// NewOffset bounds the offset of a remote clock that was read once: the request was
// sent, and the answer received, at these local times, and in between the remote
// clock showed at least says and less than says+resolution. So the offset lies from
// says-received to says+resolution-sent, however the time was spent on the way. A
// negative resolution, an answer from before the request and local times that nobody
// noted are errors, and so is a clock further away than a duration can say, some 292
// years: a clock that was never set shows no time, and two such do not agree.
func NewOffset(sent, received, says time.Time, resolution time.Duration) (Offset, error) {
	// By what the local clock showed, not by its monotonic reading, which would hide that
	// it was set back in between.
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

// saturated reports whether d may be that of times further apart than a duration can
// say, for which time.Time.Sub returns its ends.
func saturated(d time.Duration) bool { return d == math.MaxInt64 || d == math.MinInt64 }

// Width is the uncertainty of the offset.
func (o Offset) Width() time.Duration { return minus(o.High, o.Low) }

// String is the bounds, such as "[-1.2ms, 3.4ms]".
func (o Offset) String() string { return fmt.Sprintf("[%v, %v]", o.Low, o.High) }

// Intersect bounds the offset of a clock by all of its readings at once. Where they
// contradict each other the error says so: then the clock, or the local one, was
// stepped in between, runs at another rate, or does not show time at all.
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
		return Offset{}, fmt.Errorf("bound a clock's offset: reading %d, %v, and reading %d, %v, contradict each other by %v: the clock was stepped, or is none",
			min(low, high), readings[min(low, high)], max(low, high), readings[max(low, high)], minus(both.Low, both.High))
	}
	return both, nil
}

// gap is by how much a is ahead of b for certain; negative if it is behind, and 0 if
// they may be the same.
func gap(a, b Offset) time.Duration {
	switch {
	case a.Low > b.High:
		return minus(a.Low, b.High)
	case a.High < b.Low:
		return -minus(b.Low, a.High)
	}
	return 0
}

// minus is a - b for b <= a, and the longest duration where that is longer.
func minus(a, b time.Duration) time.Duration {
	if d := a - b; d >= 0 {
		return d
	}
	return math.MaxInt64
}
