package tc

import (
	"fmt"
	"math"
	"time"
)

// NetemLimit is how many packets one netem holds at most; those above are lost,
// and counted.
const NetemLimit = 1_000_000

// MaxNetemJitter is where netem caps the jitter without saying so.
const MaxNetemJitter = time.Duration(math.MaxInt32)

// Netem is what one netem is asked to do and what the kernel reads back of it.
// What is added here is also encoded, parsed and printed.
type Netem struct {
	Delay, Jitter time.Duration
	Limit         uint32
	// Seed repeats the jitter; the kernel answers 0 if it takes none.
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

// longest is the time that a packet can be held.
func (e Netem) longest() time.Duration { return e.Delay + e.Jitter }

// checkNetem compares what the kernel reads back with what was asked. A kernel
// that takes no seed is not wrong: it says none.
func checkNetem(asked, got Netem) error {
	if got.Seed == 0 {
		asked.Seed = 0
	}
	if got != asked {
		return fmt.Errorf("read qdisc netem back: the kernel does %s, asked for %s", got, asked)
	}
	return nil
}
