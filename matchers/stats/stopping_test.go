package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestStoppingTimeEqualsSimulation(t *testing.T) {
	const trials = 3000
	random := rand.New(rand.NewPCG(51, 52))
	for _, c := range []struct {
		test        Bernoulli
		rate, alpha float64
	}{{Above(.01), .05, .05}, {fleetTest, .8, .005}, {Below(.05), .005, .05}, {Above(.5), .75, .01}} {
		plan, err := c.test.StoppingTime(c.rate, c.alpha, .9)
		if err != nil {
			t.Fatal(err)
		}
		times := make([]int, trials)
		sum, squares := 0.0, 0.0
		for i := range times {
			events, n := 0, 0
			for !c.test.Shows(events, n, c.alpha) {
				n++
				if random.Float64() < c.rate {
					events++
				}
			}
			times[i] = n
			sum, squares = sum+float64(n), squares+float64(n)*float64(n)
		}
		slices.Sort(times)
		mean := sum / trials
		deviation := math.Sqrt((squares/trials - mean*mean) / trials)
		if math.Abs(plan.Expected-mean) > 4*deviation {
			t.Errorf("%+v: expected %v, simulated %v +- %v", c, plan.Expected, mean, deviation)
		}
		for _, q := range []struct {
			planned int
			share   float64
		}{{plan.Median, .5}, {plan.Samples, .9}} {
			// Of the trials about the share is done by then, and less before.
			done, _ := slices.BinarySearch(times, q.planned+1)
			before, _ := slices.BinarySearch(times, q.planned)
			slack := 4 * math.Sqrt(q.share*(1-q.share)/trials)
			if float64(done)/trials < q.share-slack || float64(before)/trials > q.share+slack {
				t.Errorf("%+v: %d samples for %v, but %d of %d trials were done then and %d before", c, q.planned, q.share, done, trials, before)
			}
		}
	}
}

// Where every sample is the same the time is the number that a look needs.
func TestStoppingTimeOfCertainSamples(t *testing.T) {
	stop, err := Below(.01).StoppingTime(0, .05, .9)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Below(.01).SamplesToShow(0, 0, .05)
	if err != nil || stop.Median != want || stop.Samples != want || math.Abs(stop.Expected-float64(want)) > 1e-6 {
		t.Errorf("%+v, want %d, %v", stop, want, err)
	}
	if stop, err = Above(.5).StoppingTime(1, .05, .9); err != nil || !Above(.5).Shows(stop.Median, stop.Median, .05) || Above(.5).Shows(stop.Median-1, stop.Median-1, .05) {
		t.Errorf("%+v, %v", stop, err)
	}
}

func TestStoppingTimeRefusesImpossibleInput(t *testing.T) {
	for want, plan := range map[string]func() (StoppingTime, error){
		"the limit must be":                 func() (StoppingTime, error) { return Above(2).StoppingTime(3, .05, .9) },
		"for rate 0.1: must be":             func() (StoppingTime, error) { return Above(.1).StoppingTime(.1, .05, .9) },
		"for rate 1.5: must be":             func() (StoppingTime, error) { return Above(.1).StoppingTime(1.5, .05, .9) },
		"for rate -1: must be":              func() (StoppingTime, error) { return Below(.1).StoppingTime(-1, .05, .9) },
		"for rate NaN: must be":             func() (StoppingTime, error) { return Below(.1).StoppingTime(math.NaN(), .05, .9) },
		"at level 1":                        func() (StoppingTime, error) { return Below(.1).StoppingTime(0, 1, .9) },
		"for power 0":                       func() (StoppingTime, error) { return Below(.1).StoppingTime(0, .05, 0) },
		"no test needs fewer than 4.76e+07": func() (StoppingTime, error) { return Above(.001).StoppingTime(.00101, .05, .9) },
	} {
		if stop, err := plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, stop, err)
		}
	}
}

// A plan that would take seconds to follow, and then too many samples, is refused at once.
func TestHopelessPlansAreRefusedBeforeTheyAreFollowed(t *testing.T) {
	for name, plan := range map[string]func() error{
		"rate":    func() error { _, err := Above(.5).StoppingTime(.5001, .05, .9); return err },
		"windows": func() error { _, err := WindowsToFlagAt(5, .5001, .05, .9); return err },
		"ratio":   func() error { _, err := (Conditional{Share: .5}).RequestsToTell(1e-9, 1.001, .05, .9); return err },
	} {
		if err := plan(); err == nil || !strings.Contains(err.Error(), "no test needs fewer than ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct{ p, q, want float64 }{{.5, .5, 0}, {1, .5, math.Ln2}, {0, .5, math.Ln2}, {.9, .05, 2.376205}} {
		if got := divergence(c.p, c.q); math.Abs(got-c.want) > 1e-5 {
			t.Errorf("of %v to %v: %v, want %v", c.p, c.q, got, c.want)
		}
	}
}
