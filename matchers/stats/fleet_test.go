package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// healthyFleet returns a source of windows. Members always differ by up to 5 %, with
// lasting noise of this spread: AR(1) with coefficient rho.
func healthyFleet(random *rand.Rand, members int, rho, spread float64) func() []float64 {
	noise, own := make([]float64, members), make([]float64, members)
	for i := range noise {
		noise[i], own[i] = random.NormFloat64(), .1*(1+.05*random.Float64())
	}
	return func() []float64 {
		window := make([]float64, members)
		for i := range window {
			noise[i] = rho*noise[i] + math.Sqrt(1-rho*rho)*random.NormFloat64()
			window[i] = own[i] * math.Exp(spread*noise[i])
		}
		return window
	}
}

func TestFleetNamesNoMemberOfAHealthyFleet(t *testing.T) {
	const alpha, fleets, windows = .05, 120, 300
	random := rand.New(rand.NewPCG(31, 32))
	for _, members := range []int{3, 5, 10} {
		named := 0
		for range fleets {
			f, err := NewFleet(members, .25, 0)
			if err != nil {
				t.Fatal(err)
			}
			next := healthyFleet(random, members, .9, .1)
			for range windows {
				if err := f.Add(next()); err != nil {
					t.Fatal(err)
				}
				if len(f.Outliers(alpha)) > 0 {
					named++
					break
				}
			}
		}
		t.Logf("%d members: named a member in %d of %d healthy fleets", members, named, fleets)
		if binomialTail(named, fleets, alpha) < 1e-4 {
			t.Errorf("%d members: named a member in %d of %d healthy fleets at alpha %v", members, named, fleets, alpha)
		}
	}
}

// The worst case of the null hypothesis: a member that is hit as often as not.
func TestFleetHoldsItsLevelAtTheMargin(t *testing.T) {
	const alpha, fleets, windows = .05, 700, 300
	random := rand.New(rand.NewPCG(33, 34))
	named, cleared := 0, 0
	for range fleets {
		f, err := NewFleet(3, .25, 0)
		if err != nil {
			t.Fatal(err)
		}
		wrong, free := false, false
		for range windows {
			if err := f.Add([]float64{1 + float64(random.IntN(2)), 1, 1}); err != nil {
				t.Fatal(err)
			}
			wrong = wrong || len(f.Outliers(alpha)) > 0
			free = free || f.Cleared(0, Slower, alpha)
		}
		if wrong {
			named++
		}
		if free {
			cleared++
		}
	}
	t.Logf("named %d and cleared %d of %d", named, cleared, fleets)
	// Only one of six members and tails is at its limit.
	if binomialTail(named, fleets, alpha/6) < 1e-4 || binomialTail(cleared, fleets, alpha) < 1e-4 || cleared == 0 {
		t.Errorf("named %d and cleared %d of %d at alpha %v", named, cleared, fleets, alpha)
	}
}

func TestFleetNamesTheOneThatDiffers(t *testing.T) {
	const alpha = .05
	random := rand.New(rand.NewPCG(35, 36))
	for _, c := range []struct {
		members int
		within  int // windows, by plan
	}{{3, 9}, {5, 9}, {10, 11}, {100, 14}} {
		for _, tail := range []Tail{Slower, Faster} {
			f, err := NewFleet(c.members, .25, .001)
			if err != nil {
				t.Fatal(err)
			}
			next := healthyFleet(random, c.members, .9, .05)
			odd := c.members / 2
			for range c.within {
				window := next()
				if tail == Slower {
					window[odd] *= 2
				} else {
					window[odd] /= 2
				}
				if err := f.Add(window); err != nil {
					t.Fatal(err)
				}
			}
			got := f.Outliers(alpha)
			if len(got) != 1 || got[0] != (Outlier{odd, tail, f.LogE(odd, tail), c.within}) {
				t.Errorf("%d members, one %v: named %+v after %d windows", c.members, tail, got, c.within)
			}
			if plan, err := WindowsToFlag(c.members, alpha); err != nil || plan > c.within {
				t.Errorf("%d members: planned %d windows, %v, want at most %d", c.members, plan, err, c.within)
			}
			for member := range c.members {
				if member != odd && !f.Cleared(member, tail, alpha) {
					t.Errorf("%d members, one %v: member %d is not cleared", c.members, tail, member)
				}
			}
			if f.Cleared(odd, tail, alpha) {
				t.Errorf("%d members, one %v: it was cleared", c.members, tail)
			}
		}
	}
}

func TestFleetHits(t *testing.T) {
	gone := math.Inf(1)
	for _, c := range []struct {
		name           string
		margin, floor  float64
		window         []float64
		slower, faster []int
	}{
		{"all alike", .25, 0, []float64{1, 1, 1}, nil, nil},
		{"beyond the margin", .25, 0, []float64{1, 1.3, 1}, []int{1}, nil},
		{"at the margin", .25, 0, []float64{1, 1.25, 1}, nil, nil},
		{"within the floor", .25, .5, []float64{1, 1.3, 1}, nil, nil},
		{"beyond the floor", .25, .5, []float64{1, 1.6, 1}, []int{1}, nil},
		{"faster", .25, 0, []float64{1, .7, 1}, nil, []int{1}},
		{"faster within the floor", .25, .5, []float64{1, .7, 1}, nil, nil},
		{"one in three does not make its peers outliers", .25, 0, []float64{1, 100, 1.1}, []int{1}, nil},
		{"one fast in three does not either", .25, 0, []float64{1, .01, 1.1}, nil, []int{1}},
		{"nothing answered", .25, 0, []float64{1, gone, 1, 1}, []int{1}, nil},
		{"no answers", .25, 0, []float64{gone, gone, gone}, nil, nil},
		{"the only one that answered", .25, 0, []float64{gone, gone, .1}, nil, []int{2}},
		{"zeros", .25, 0, []float64{0, 0, 0, 0}, nil, nil},
		{"ties of milliseconds", .25, .001, []float64{.001, .002, .001, .002, .001}, nil, nil},
		{"two of five", .25, 0, []float64{2, 2, 1, 1, 1}, []int{0, 1}, nil},
	} {
		f, err := NewFleet(len(c.window), c.margin, c.floor)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Add(c.window); err != nil {
			t.Fatal(err)
		}
		for member := range c.window {
			for tail, want := range [][]int{c.slower, c.faster} {
				if got := f.Count(member, Tail(tail)) == 1; got != slices.Contains(want, member) {
					t.Errorf("%s: member %d %v: %v", c.name, member, Tail(tail), got)
				}
			}
		}
	}
}

func TestPeerMediansEqualThoseOfTheOthers(t *testing.T) {
	random := rand.New(rand.NewPCG(37, 38))
	for n := 3; n < 12; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(random.IntN(5))
		}
		lower, upper := peerMedians(values)
		for i := range values {
			others := slices.Sorted(slices.Values(slices.Delete(slices.Clone(values), i, i+1)))
			if lower[i] != others[(len(others)-1)/2] || upper[i] != others[len(others)/2] {
				t.Errorf("%v without number %d: %v and %v of %v", values, i, lower[i], upper[i], others)
			}
		}
	}
}

func TestFleetRefusesWhatItCannotCompare(t *testing.T) {
	for want, build := range map[string]func() (*Fleet, error){
		"compare 2 members of a fleet: at least 3 are needed": func() (*Fleet, error) { return NewFleet(2, .25, 0) },
		"margin -0.1": func() (*Fleet, error) { return NewFleet(3, -.1, 0) },
		"margin NaN":  func() (*Fleet, error) { return NewFleet(3, math.NaN(), 0) },
		"floor +Inf":  func() (*Fleet, error) { return NewFleet(3, .1, math.Inf(1)) },
	} {
		if f, err := build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, f, err)
		}
	}
	f, err := NewFleet(3, .25, 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, window := range map[string][]float64{
		"2 values for 3 members":   {1, 2},
		"member 1 has the value N": {5, math.NaN(), 1},
		"member 2 has the value -": {5, 1, -1},
	} {
		if err := f.Add(window); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", window, err, want)
		}
	}
	if f.Windows() != 0 || f.Count(0, Slower) != 0 || f.LogE(0, Slower) != 0 {
		t.Errorf("refused windows were counted: %+v", f)
	}
	if f.Count(3, Slower) != 0 || f.Count(0, 7) != 0 || !math.IsNaN(f.LogE(-1, Faster)) || f.Cleared(9, Slower, .05) {
		t.Error("answers for members that there are not")
	}
	if Slower.String() != "slower" || Faster.String() != "faster" || Tail(4).String() != "Tail(4)" {
		t.Error("tails have wrong names")
	}
}

func TestFleetCloneStaysAsItIs(t *testing.T) {
	f, err := NewFleet(3, .25, 0)
	if err != nil {
		t.Fatal(err)
	}
	then := f.Clone()
	for range 20 {
		if err := f.Add([]float64{2, 1, 1}); err != nil {
			t.Fatal(err)
		}
	}
	if then.Windows() != 0 || then.Count(0, Slower) != 0 || len(f.Outliers(.05)) != 1 || f.Outliers(0) != nil || f.Outliers(math.NaN()) != nil {
		t.Errorf("the clone has %d windows; named %v", then.Windows(), f.Outliers(.05))
	}
}
