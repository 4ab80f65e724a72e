package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestObjectiveKeepsWhatIsWithinItsLimit(t *testing.T) {
	for _, limit := range []float64{.001, .01, .05, .3, .9, 1 - .9} {
		o := Objective{Limit: limit, Alpha: .05}
		for _, n := range []int{1, 20, 120, 250, 1000} {
			for events := range n + 1 {
				within := float64(events) <= limit*float64(n)+1e-9
				if o.Within(events, n) != within {
					t.Errorf("%d of %d beside %v: within %v", events, n, limit, !within)
				}
				want := within && o.LogEBelow(events, n) >= math.Log(20)
				if o.Kept(events, n) != want || o.Violated(events, n) != Above(limit).Shows(events, n, .05) || o.Kept(events, n) && o.Violated(events, n) {
					t.Errorf("%d of %d beside %v: kept %v, violated %v", events, n, limit, o.Kept(events, n), o.Violated(events, n))
				}
				// What is proved is within without being asked.
				proved := Objective{Limit: limit, Alpha: .05, Proved: true}
				if proved.Kept(events, n) != Below(limit).Shows(events, n, .05) {
					t.Errorf("%d of %d beside %v: proved %v", events, n, limit, proved.Kept(events, n))
				}
			}
		}
	}
}

func TestObjectiveSamplesToKeepAreJustEnough(t *testing.T) {
	for _, o := range []Objective{{Limit: .01, Alpha: .05}, {Limit: .05, Alpha: .01}, {Limit: .4, Alpha: .05}, {Limit: .01, Alpha: .05, Proved: true}} {
		for _, events := range []int{0, 1, 5, 14} {
			n, err := o.SamplesToKeep(events, max(events, 1))
			if err != nil || !o.Kept(events, n) || o.Kept(events, n-1) {
				t.Errorf("%+v: %d samples for %d events: %v", o, n, events, err)
			}
		}
	}
}

func TestObjectiveShareKeptIsWhatASimulationFinds(t *testing.T) {
	const trials = 4000
	random := rand.New(rand.NewPCG(111, 112))
	for _, c := range []struct {
		limit, rate float64
		n           int
	}{{.05, .05, 250}, {.05, .025, 250}, {.01, .01, 500}, {.01, .005, 250}, {.01, 0, 64}, {.01, 0, 65}, {.01, .005, 120}} {
		o, kept := Objective{Limit: c.limit, Alpha: .05}, 0
		for range trials {
			events := 0
			for range c.n {
				if random.Float64() < c.rate {
					events++
				}
			}
			if o.Kept(events, c.n) {
				kept++
			}
		}
		share := o.ShareKept(c.rate, c.n)
		t.Logf("%+v: %.3f, simulated %.3f", c, share, float64(kept)/trials)
		if math.Abs(share-float64(kept)/trials) > 4*math.Sqrt(share*(1-share)/trials)+1e-9 {
			t.Errorf("%+v: share kept %v, simulated %v", c, share, float64(kept)/trials)
		}
	}
}

func TestObjectiveSamplesToKeepAtAreTheFirstWithLastingPower(t *testing.T) {
	for _, c := range []struct{ limit, rate float64 }{{.01, .005}, {.05, .025}, {.05, 0}, {.4, .3}, {.01, .001}} {
		o := Objective{Limit: c.limit, Alpha: .05}
		n, err := o.SamplesToKeepAt(c.rate, .9)
		if err != nil || o.ShareKept(c.rate, n-1) >= .9 {
			t.Errorf("%+v: %d samples, with one fewer %v: %v", c, n, o.ShareKept(c.rate, n-1), err)
		}
		for more := range 3 * n {
			if o.ShareKept(c.rate, n+more) < .9 {
				t.Fatalf("%+v: %d samples, and %d have %v", c, n, n+more, o.ShareKept(c.rate, n+more))
			}
		}
	}
	for want, o := range map[string]Objective{"cannot be told": {Limit: 1}, "at level 0": {Limit: .1}, "at a rate of 0.05": {Limit: .05, Alpha: .05}} {
		if n, err := o.SamplesToKeepAt(.05, .9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %d, %v", o, n, err)
		}
	}
}
