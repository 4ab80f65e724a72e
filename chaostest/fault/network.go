package fault

import (
	"cmp"
	"fmt"
	"time"
)

// The kinds of faults that act on packets.
const (
	KindDelay     Kind = "delay"
	KindBlackHole Kind = "black-hole"
)

// MaxDelay is the longest delay. To a client with a timeout, a longer one is a black
// hole, and the kernel's tick count overflows at 274 s.
const MaxDelay = 60 * time.Second

// MinDelay is the shortest delay. No data path is exact enough for a shorter one.
const MinDelay = 100 * time.Microsecond

// DelayFault holds packets back. See Delay.
type DelayFault struct {
	Delay  time.Duration `json:"delay"`
	Jitter time.Duration `json:"jitter,omitempty"`
	Seed   uint64        `json:"seed,omitempty"`

	nilOption int // the number of the first option that is nil; 0 if none is
}

var _ Filterable = DelayFault{}

// DelayOption is an option of Delay: Jitter or Seed.
type DelayOption interface{ applyDelay(*DelayFault) }

// Delay holds each matching packet back for d, from 100 µs to 60 s. If the filter
// names no direction, it delays egress: a round trip takes d longer. Needs Linux 5.4
// and CAP_BPF or CAP_SYS_ADMIN in the first user namespace. It works with and without
// the kernel's netem.
func Delay(d time.Duration, options ...DelayOption) DelayFault {
	f := DelayFault{Delay: d}
	for i, o := range options {
		if o == nil {
			f.nilOption = cmp.Or(f.nilOption, i+1)
			continue
		}
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
	case f.nilOption > 0:
		return fmt.Errorf("delay %s: option %d is nil: leave it out", f.Delay, f.nilOption)
	case f.Delay < MinDelay:
		return fmt.Errorf("delay %s: must be at least %s", f.Delay, MinDelay)
	case f.Delay > MaxDelay:
		return fmt.Errorf("delay %s: must be at most %s; use fault.BlackHole for packets that never arrive", f.Delay, MaxDelay)
	case f.Jitter < 0:
		return fmt.Errorf("jitter %s: must not be negative", f.Jitter)
	case f.Jitter > f.Delay:
		return fmt.Errorf("jitter %s: must be at most the delay %s: a packet cannot leave before it arrives", f.Jitter, f.Delay)
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

// BlackHoleFault drops packets in silence. See BlackHole.
type BlackHoleFault struct{}

var _ Filterable = BlackHoleFault{}

// BlackHole drops every matching packet in silence: no error to the sender, no RST,
// no ICMP. If the filter names no direction, it drops both ways. It needs what Delay
// needs.
func BlackHole() BlackHoleFault { return BlackHoleFault{} }

// Kind is KindBlackHole.
func (f BlackHoleFault) Kind() Kind { return KindBlackHole }

// DefaultDirection is Both.
func (f BlackHoleFault) DefaultDirection() Direction { return Both }

// Validate accepts every black hole.
func (f BlackHoleFault) Validate() error { return nil }

// String prints "black hole".
func (f BlackHoleFault) String() string { return "black hole" }
