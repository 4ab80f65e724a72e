package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// rankAlarms is in how many healthy fleets FleetRank names a member within 300 windows.
func rankAlarms(t *testing.T, fleets int, next func() func() []float64) (named int) {
	t.Helper()
	for range fleets {
		window := next()
		f, err := NewFleetRank(5)
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			if err := f.Add(window()); err != nil {
				t.Fatal(err)
			}
			if len(f.Outliers(.05)) > 0 {
				named++
				break
			}
		}
	}
	return named
}

func TestFleetRankNeedsExchangeableWindows(t *testing.T) {
	const fleets = 150
	random := rand.New(rand.NewPCG(41, 42))
	exchangeable := func() func() []float64 {
		return func() []float64 {
			window := make([]float64, 5)
			for i := range window {
				window[i] = math.Exp(random.NormFloat64())
			}
			return window
		}
	}
	named := rankAlarms(t, fleets, exchangeable)
	lasting := rankAlarms(t, fleets, func() func() []float64 { return healthyFleet(random, 5, .9, .1) })
	t.Logf("named a member in %d of %d fleets; with noise that lasts in %d", named, fleets, lasting)
	if binomialTail(named, fleets, .05) < 1e-4 {
		t.Errorf("named a member in %d of %d healthy fleets with exchangeable windows", named, fleets)
	}
	// This is why it is not the default.
	if lasting < fleets*9/10 {
		t.Errorf("named a member in only %d of %d healthy fleets with noise that lasts: then the doc is wrong", lasting, fleets)
	}
}

func TestFleetRankNamesTheWorstSoon(t *testing.T) {
	for _, c := range []struct{ members, within int }{{3, 6}, {5, 4}, {10, 3}, {100, 2}} {
		for _, tail := range []Tail{Slower, Faster} {
			f, err := NewFleetRank(c.members)
			if err != nil {
				t.Fatal(err)
			}
			for range c.within {
				window := make([]float64, c.members)
				for i := range window {
					window[i] = 1
				}
				window[1] = 3
				if tail == Faster {
					window[1] = .5
				}
				if err := f.Add(window); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.Outliers(.05); len(got) != 1 || got[0].Member != 1 || got[0].Tail != tail || got[0].Count != c.within {
				t.Errorf("%d members, one %v: named %+v after %d windows", c.members, tail, got, c.within)
			}
		}
	}
}

func TestFleetRankCountsNoTies(t *testing.T) {
	f, err := NewFleetRank(4)
	if err != nil {
		t.Fatal(err)
	}
	gone := math.Inf(1)
	for _, window := range [][]float64{{1, 1, 1, 1}, {2, 1, 2, 1}, {gone, gone, 0, 0}} {
		if err := f.Add(window); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Add([]float64{1, gone, 3, .5}); err != nil {
		t.Fatal(err)
	}
	then := f.Clone()
	if err := f.Add([]float64{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	for member := range 4 {
		wantSlower, wantFaster := 0, 0
		switch member {
		case 1:
			wantSlower = 1
		case 3:
			wantFaster = 1
		}
		if then.Count(member, Slower) != wantSlower || then.Count(member, Faster) != wantFaster {
			t.Errorf("member %d: slower %d, faster %d", member, then.Count(member, Slower), then.Count(member, Faster))
		}
	}
	if then.Windows() != 4 || f.Windows() != 5 || f.Members() != 4 {
		t.Errorf("%d and %d windows of %d members", then.Windows(), f.Windows(), f.Members())
	}
}

func TestFleetRankRefusesWhatItCannotRank(t *testing.T) {
	if f, err := NewFleetRank(2); err == nil || !strings.Contains(err.Error(), "at least 3") {
		t.Errorf("2 members: %v, %v", f, err)
	}
	f, err := NewFleetRank(3)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add([]float64{1, math.NaN(), 2}); err == nil || f.Windows() != 0 {
		t.Errorf("NaN: %v, %d windows", err, f.Windows())
	}
}
