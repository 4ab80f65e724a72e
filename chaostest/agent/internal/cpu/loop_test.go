package cpu

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

const period = shortestTurn

// simulate runs the loop beside a container. The container asks for the share of the
// quota that load returns. The results are the share of the quota that both used
// together, and the largest share in one period.
func simulate(l *loop, span time.Duration, load func(at time.Duration) float64) (share, peak float64) {
	var burnt, total time.Duration
	next := time.Duration(0)
	for at := time.Duration(0); at < span; at += period {
		used := time.Duration(load(at)*l.cores*float64(period)) + next
		burnt, total = next, total+used
		peak = max(peak, float64(used)/float64(period)/l.cores)
		next = l.next(period, used, burnt)
	}
	return float64(total) / float64(span) / l.cores, peak
}

func steady(share float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return share }
}

func TestTheLoopMeetsTheShare(t *testing.T) {
	for _, cores := range []float64{0.1, 0.5, 1, 3.5, 64} {
		for _, share := range []float64{0.01, 0.1, 0.5, 0.8, 1} {
			for _, load := range []float64{0, 0.3} {
				got, peak := simulate(&loop{cores: cores, share: share, period: period}, 5*time.Second, steady(load))
				g := NewWithT(t)
				g.Expect(got).To(BeNumerically("~", max(share, load), 0.005), "%g cores, share %g, load %g", cores, share, load)
				g.Expect(peak).To(BeNumerically("<=", 1.0001), "never more than the quota: %g cores, share %g, load %g", cores, share, load)
			}
		}
	}
}

func TestTheLoopMakesUpForBursts(t *testing.T) {
	bursts := func(at time.Duration) float64 { // half of each 200 ms at 90 %
		if at%(200*time.Millisecond) < 100*time.Millisecond {
			return 0.9
		}
		return 0
	}
	got, _ := simulate(&loop{cores: 1, share: 0.6, period: period}, 10*time.Second, bursts)
	NewWithT(t).Expect(got).To(BeNumerically("~", 0.6, 0.01))
}

func TestTheLoopForgetsTheDistantPast(t *testing.T) {
	g := NewWithT(t)
	l := loop{cores: 2, share: 0.5, period: period}
	simulate(&l, 10*time.Second, steady(1)) // long and far above the share
	g.Expect(l.deficit).To(Equal(-2 * maxCatchUp))
	g.Expect(l.forgiven.Seconds()).To(BeNumerically("~", 10-2*maxCatchUp.Seconds(), 0.1), "half of what two processors used in ten seconds")
	g.Expect(l.byContainer()).To(Equal(l.forgiven+2*maxCatchUp), "it has not made up for that yet")
	got, _ := simulate(&l, 2*maxCatchUp, steady(0))
	g.Expect(got).To(BeNumerically("~", 0, 0.01), "it waits for a moment")
	got, _ = simulate(&l, 5*time.Second, steady(0))
	g.Expect(got).To(BeNumerically("~", 0.5, 0.01), "and then goes on")

	l = loop{cores: 2, share: 0.5, period: period}
	for range 1000 { // the machine had no processor time left
		l.next(period, 0, 0)
	}
	g.Expect(l.deficit).To(Equal(2 * maxCatchUp))
}

func TestTheLoopDoesNotMakeUpForAStandstill(t *testing.T) {
	l := loop{cores: 1, share: 1, period: period}
	NewWithT(t).Expect(l.next(time.Minute, 0, 0)).To(BeZero())
	NewWithT(t).Expect(l.next(period, 0, 0)).To(Equal(period))
}

// A machine that stands still while the burner runs counts that time as used by it.
func TestTheLoopMakesUpForWhatTheBurnerUsesTooMuch(t *testing.T) {
	for _, stall := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond} {
		l := loop{cores: 1, share: 0.5, period: period}
		var total, span, asked time.Duration
		for span < 20*time.Second {
			passed := period
			if asked > 0 && span%(2*time.Second) < passed {
				passed += stall // while it burns
			}
			burnt := asked
			if passed > period {
				burnt += stall
			}
			total, span = total+burnt, span+passed
			asked = l.next(passed, burnt, burnt)
		}
		NewWithT(t).Expect(float64(total)/float64(span)).To(BeNumerically("~", 0.5, 0.015), "stalls of %s", stall)
	}
}

func TestTurnsAreLongWhereTheShareIsSmall(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		cost         time.Duration
		share, cores float64
		want         time.Duration
	}{
		{ms / 10, 0.5, 4, 10 * ms},
		{ms / 10, 0.5, 1, 10 * ms},
		{ms / 10, 0.5, 0.5, 20 * ms},
		{ms / 10, 0.1, 0.1, 100 * ms},
		{ms / 10, 0.05, 1, 20 * ms},
		{ms / 10, 0.5, 0.02, 100 * ms},
		{10 * ms, 1, 1, 100 * ms},
	} {
		NewWithT(t).Expect(turn(c.cost, c.share, c.cores)).To(BeNumerically("~", c.want, ms/100), "%v", c)
	}
	NewWithT(t).Expect(leastShare(ms/10, 0.02)).To(BeNumerically("~", 0.1, 1e-9))
}

func TestTheLoopRestsWhereTheContainerIsAboveItsShare(t *testing.T) {
	g := NewWithT(t)
	l := loop{cores: 1, share: 0.5, period: period}
	g.Expect(l.wait()).To(Equal(period))
	l.next(period, 30*time.Millisecond, 0)
	g.Expect(l.wait()).To(Equal(50*time.Millisecond), "it is 25 ms above, which is half of that")
	l.next(period, 200*time.Millisecond, 0)
	g.Expect(l.wait()).To(BeNumerically(">", longestTurn))
	l.next(period, 5*time.Second, 5*time.Second)
	g.Expect(l.wait()).To(Equal(longestRest), "it looks at times")
	g.Expect(l.next(longestRest, 0, 0)).To(BeZero())
	g.Expect(l.deficit).To(BeNumerically("<", 0), "a rest is no standstill, and what was used is still too much")
}
