package tc

import (
	"fmt"
	"math"
	"time"
)

// NetemLimit bounds the packets that one netem holds. More packets are lost, and counted.
const NetemLimit = 1_000_000

// MaxNetemJitter is the longest jitter of netem, which silently shortens a longer one.
const MaxNetemJitter = time.Duration(math.MaxInt32)

// Netem holds the settings of one netem, both for a request and as read back. A new field
// must also be encoded, parsed and printed.
type Netem struct {
	Delay, Jitter time.Duration
	Limit         uint32
	// Seed makes the jitter repeatable. A kernel that takes no seed reports 0.
	Seed uint64
}

// String prints "delay 200ms jitter 10ms limit 1000000 seed 42".
func (e Netem) String() string {
	s := fmt.Sprintf("delay %s", e.Delay)
	if e.Jitter > 0 {
		s += fmt.Sprintf(" jitter %s", e.Jitter)
	}
	s += fmt.Sprintf(" limit %d", e.Limit)
	if e.Jitter > 0 && e.Seed != 0 {
		s += fmt.Sprintf(" seed %d", e.Seed)
	}
	return s
}

// longest is the longest time that a packet is held.
func (e Netem) longest() time.Duration { return e.Delay + e.Jitter }

// checkNetem compares the netem that was read back with the requested one. It is no error
// if the kernel takes no seed.
func checkNetem(requested, got Netem) error {
	if got.Seed == 0 {
		requested.Seed = 0
	}
	if got != requested {
		return fmt.Errorf("read qdisc netem back: the kernel does %s, requested was %s", got, requested)
	}
	return nil
}
