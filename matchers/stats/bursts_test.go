package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// counted counts n samples, of which those in bursts of a size have the event. The bursts
// begin at these places.
func counted(n, size int, starts ...int) *Events {
	has := make([]bool, n)
	for _, start := range starts {
		for i := start; i < min(start+size, n); i++ {
			has[i] = true
		}
	}
	e := &Events{}
	for _, event := range has {
		e.Add(event)
	}
	return e
}

func TestBurstIsTheSizeOfTheBursts(t *testing.T) {
	for _, c := range []struct {
		name     string
		e        *Events
		from, to float64
	}{
		{"no sample", counted(0, 1), 1, 1},
		{"no event", counted(500, 1), 1, 1},
		{"one event", counted(500, 1, 77), 1, 1},
		{"single events, far apart", counted(500, 1, 5, 130, 201, 350, 499), 1, 1},
		{"nothing but events", counted(500, 500, 0), 1, 1},
		{"one burst", counted(500, 10, 77), 10, 10},
		{"one burst over the middle", counted(512, 10, 251), 10, 10},
		{"one burst at the end", counted(500, 7, 493), 7, 7},
		{"one burst at the start", counted(501, 7, 0), 7, 7},
		{"bursts of three", counted(1000, 3, 10, 333, 402, 761), 2.5, 4},
		{"bursts of ten", counted(2500, 10, 10, 333, 1402, 1761, 2211), 9, 12},
		{"an outage in a short load", counted(120, 60, 30), 20, 20},
		{"an outage in a long load", counted(1000, 400, 300), 100, 100},
	} {
		if got := c.e.Burst(); got < c.from-1e-9 || got > c.to+1e-9 {
			t.Errorf("%s: %v, want %v to %v", c.name, got, c.from, c.to)
		}
	}
}

// The counts by level must be those of a plain count, at every length.
func TestBurstCountsInBlocks(t *testing.T) {
	random := rand.New(rand.NewPCG(201, 202))
	var e Events
	var has []bool
	for n := 1; n <= 300; n++ {
		has = append(has, random.IntN(5) == 0 && n%7 < 4)
		e.Add(has[n-1])
		largest, rate := 1.0, float64(e.Count())/float64(n)
		for size := 2; 2*size <= n && e.Count() >= 2; size *= 2 {
			for _, first := range []int{0, size / 2} {
				g := e.grid(size, first, 0, 0, 0)
				g.spread = 0
				for from := first - size; from < n; from += size {
					difference := 0.0
					for i := max(from, 0); i < min(from+size, n); i++ {
						difference -= rate
						if has[i] {
							difference++
						}
					}
					g.spread += difference * difference
				}
				largest = max(largest, g.effect())
			}
		}
		if want := min(largest, max(1, float64(e.Count())), max(burstSamples, burstPart*float64(n))); math.Abs(e.Burst()-want) > 1e-9 {
			t.Fatalf("after %d samples: %v, want %v", n, e.Burst(), want)
		}
	}
	if e.N() != 300 {
		t.Errorf("%d samples", e.N())
	}
}

// Independent events are seldom taken for bursts, and then for small ones: that costs less
// than a tenth of the evidence.
func TestIndependentEventsAreNoBursts(t *testing.T) {
	random := rand.New(rand.NewPCG(203, 204))
	for _, rate := range []float64{.01, .05, .1, .3, .5, .9, .99} {
		for _, n := range []int{20, 100, 500, 2500} {
			const trials = 1000
			kept, bursts := 0.0, 0
			for range trials {
				var e Events
				for range n {
					e.Add(random.Float64() < rate)
				}
				kept += 1 / e.Burst() / trials
				if e.Burst() > 1 {
					bursts++
				}
			}
			t.Logf("rate %v, %d samples: %.3f have bursts, %.3f of the evidence", rate, n, float64(bursts)/trials, kept)
			if kept < .9 {
				t.Errorf("at a rate of %v, %d samples: %.3f of the evidence is kept", rate, n, kept)
			}
		}
	}
}

func TestBurstsWeakenTheEvidence(t *testing.T) {
	for _, test := range []Bernoulli{Above(.01), Below(.05), Above(.5)} {
		for _, size := range []float64{1, 2, 5} {
			if got, want := test.InBursts(size).LogE(20, 100), test.LogE(int(20/size), int(100/size)); math.Abs(got-want) > 1e-12 {
				t.Errorf("%+v in bursts of %v: %v, want %v", test, size, got, want)
			}
		}
		if test.InBursts(.2).LogE(20, 100) != test.LogE(20, 100) {
			t.Error("less than one sample counts as one")
		}
		for _, size := range []float64{math.NaN(), math.Inf(1)} {
			if test.InBursts(size).Validate() == nil || !math.IsNaN(test.InBursts(size).LogE(1, 2)) {
				t.Errorf("bursts of %v are accepted", size)
			}
		}
	}
	for _, burst := range []float64{1, 3} {
		o := Objective{Limit: .05, Alpha: .05, Burst: burst}
		n, err := o.SamplesToKeep(4, 10)
		if err != nil || !o.Kept(4, n) || o.Kept(4, n-1) {
			t.Errorf("bursts of %v: kept with %d samples, %v", burst, n, err)
		}
	}
	if (Objective{Limit: .05, Alpha: .05, Burst: math.NaN()}).Validate() == nil {
		t.Error("bursts of NaN are accepted")
	}
}
