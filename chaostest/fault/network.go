package fault

import (
	"fmt"
	"time"
)

// The kinds of faults that act on packets.
const (
	KindDelay     Kind = "delay"
	KindBlackHole Kind = "black-hole"
)

// MaxDelay is the longest delay: longer ones are a black hole to every client
// that has a timeout, and the kernel's tick count wraps round at 274 s.
const MaxDelay = 60 * time.Second

// MinDelay is the shortest delay: below it no path is exact enough to tell it
// from none.
const MinDelay = 100 * time.Microsecond

// DelayFault holds packets back. See Delay.
type DelayFault struct {
	Delay  time.Duration `json:"delay"`
	Jitter time.Duration `json:"jitter,omitempty"`
	Seed   uint64        `json:"seed,omitempty"`
}

var _ Filterable = DelayFault{}

// DelayOption is an option of Delay: Jitter or Seed.
type DelayOption interface{ applyDelay(*DelayFault) }

// Delay holds each matching packet back for d, from 100 µs to 60 s. Without a
// direction in the filter it is for egress: a round trip takes d longer. Needs
// Linux 5.4 and CAP_BPF or CAP_SYS_ADMIN in the first user namespace; works
// with and without the kernel's netem.
func Delay(d time.Duration, options ...DelayOption) DelayFault {
	f := DelayFault{Delay: d}
	for _, o := range options {
		o.applyDelay(&f)
	}
	return f
}

// Kind is KindDelay.
func (f DelayFault) Kind() Kind { return KindDelay }

// DefaultDirection is Egress.
func (f DelayFault) DefaultDirection() Direction { return Egress }

// Validate refuses delays and jitters that cannot be done exactly.
func (f DelayFault) Validate() error {
	switch {
	case f.Delay < MinDelay:
		return fmt.Errorf("delay %s: must be at least %s", f.Delay, MinDelay)
	case f.Delay > MaxDelay:
		return fmt.Errorf("delay %s: must be at most %s; use fault.BlackHole for packets that never arrive", f.Delay, MaxDelay)
	case f.Jitter < 0:
		return fmt.Errorf("jitter %s: must not be negative", f.Jitter)
	case f.Jitter > f.Delay:
		return fmt.Errorf("jitter %s above the delay %s: a packet cannot leave before it came", f.Jitter, f.Delay)
	}
	return nil
}

// String prints "delay 300ms ±30ms".
func (f DelayFault) String() string {
	if f.Jitter > 0 {
		return fmt.Sprintf("delay %s ±%s", f.Delay, f.Jitter)
	}
	return fmt.Sprintf("delay %s", f.Delay)
}

// BlackHoleFault loses packets in silence. See BlackHole.
type BlackHoleFault struct{}

var _ Filterable = BlackHoleFault{}

// BlackHole loses every matching packet without a word: no error to the sender,
// no RST, no ICMP. Without a direction in the filter it is for both. Needs what
// Delay needs.
func BlackHole() BlackHoleFault { return BlackHoleFault{} }

// Kind is KindBlackHole.
func (f BlackHoleFault) Kind() Kind { return KindBlackHole }

// DefaultDirection is Both.
func (f BlackHoleFault) DefaultDirection() Direction { return Both }

// Validate accepts every black hole.
func (f BlackHoleFault) Validate() error { return nil }

// String prints "black hole".
func (f BlackHoleFault) String() string { return "black hole" }
