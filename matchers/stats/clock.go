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
// negative resolution and an answer from before the request are errors.
func NewOffset(sent, received, says time.Time, resolution time.Duration) (Offset, error) {
	switch {
	case received.Before(sent):
		return Offset{}, fmt.Errorf("read a clock: the answer was received %v before the request was sent: the local clock stepped", sent.Sub(received))
	case resolution < 0:
		return Offset{}, fmt.Errorf("read a clock with resolution %v: must not be negative", resolution)
	}
	return Offset{says.Sub(received), says.Add(resolution).Sub(sent)}, nil
}

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
