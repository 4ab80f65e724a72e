package memory

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
)

// A fill is judged by how long it lasted, not by the moment at which it is asked.
func TestTheFillerAddsUpTheTimeBesideTheShare(t *testing.T) {
	g := NewWithT(t)
	const limit = 1000
	f := &filler{config: config{Share: 0.8, Step: 1}, limit: limit, now: reading{Limit: limit}}
	f.look(500)
	g.Expect([]any{f.now.Low, f.now.Below}).To(Equal([]any{time.Duration(0), false}), "it has not reached its share yet")
	f.now.Reached, f.now.Since = true, f.now.At
	for used, want := range map[uint64]bool{789: true, 791: false, 800: false, 809: false, 900: false} {
		low, high := f.now.Low, f.now.High
		f.now.At -= uint64(time.Second) // a second goes by
		f.look(used)
		g.Expect(f.now.Below).To(Equal(want), "%d", used)
		wholeSecond := func(d time.Duration) bool { return d >= time.Second }
		g.Expect(wholeSecond(f.now.Low-low)).To(Equal(want), "%d", used)
		g.Expect(wholeSecond(f.now.High-high)).To(Equal(used == 900), "%d", used)
	}
}

// The worker needs a moment to follow a limit. That is no time below the share.
func TestFollowingALimitIsNoTimeBelowTheShare(t *testing.T) {
	g := NewWithT(t)
	f := &filler{config: config{Share: 0.8, Step: 1}, limit: 1000, now: reading{Limit: 2000, Reached: true, At: injector.Monotonic()}}
	f.look(800)
	g.Expect(f.now.Below).To(BeFalse())
	f.limit, f.catching = 2000, false
	f.look(800)
	g.Expect(f.now.Below).To(BeTrue())
}

func TestAReadingGoesOnUntilNow(t *testing.T) {
	g := NewWithT(t)
	now := injector.Monotonic()
	ago := func(d time.Duration) uint64 { return now - uint64(d) }
	r := reading{Reached: true, Since: ago(10 * time.Second), At: ago(time.Second), Low: time.Second}
	span, low, _ := r.until(now, true)
	g.Expect([]time.Duration{span, low}).To(Equal([]time.Duration{10 * time.Second, time.Second}))
	r.Below = true
	_, low, _ = r.until(now, true)
	g.Expect(low).To(Equal(2*time.Second), "a worker that says no more has left it below")
	span, low, _ = r.until(now, false)
	g.Expect([]time.Duration{span, low}).To(Equal([]time.Duration{9 * time.Second, time.Second}), "what came after its end is not the worker's")
}
