package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRateIntervalContainsWhatIsNotShownToBeWrong(t *testing.T) {
	const alpha = .05
	for _, c := range [][2]int{{0, 0}, {0, 1}, {1, 1}, {0, 250}, {3, 250}, {125, 250}, {249, 250}, {250, 250}, {40, 100_000}} {
		low, high, err := RateInterval(c[0], c[1], alpha)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 2000; i++ {
			rate := float64(i) / 2000
			wrong := Bernoulli{Limit: rate, A: .5, B: .5}.Shows(c[0], c[1], alpha/2) ||
				Bernoulli{Side: BelowLimit, Limit: rate, A: .5, B: .5}.Shows(c[0], c[1], alpha/2)
			if inside := low <= rate && rate <= high; inside == wrong && math.Abs(rate-low) > 1e-9 && math.Abs(rate-high) > 1e-9 {
				t.Fatalf("%v: %v to %v, but %v is shown to be wrong: %v", c, low, high, rate, wrong)
			}
		}
		// The other event's rate is the rest.
		otherLow, otherHigh, _ := RateInterval(c[1]-c[0], c[1], alpha)
		if math.Abs(1-otherHigh-low) > 1e-9 || math.Abs(1-otherLow-high) > 1e-9 {
			t.Errorf("%v: %v to %v, but %v to %v for the samples without the event", c, low, high, otherLow, otherHigh)
		}
	}
	if low, high, _ := RateInterval(0, 0, alpha); low != 0 || high != 1 {
		t.Errorf("no samples: %v to %v, want 0 to 1", low, high)
	}
}

func TestRateIntervalIsTight(t *testing.T) {
	for _, c := range []struct {
		events, n int
		most      float64 // against a fixed interval of 2 * 1.96 standard errors, or 3.7/n
	}{{500, 1000, 2}, {10, 1000, 2}, {500_000, 1_000_000, 2.5}, {0, 1000, 1.3}} {
		low, high, err := RateInterval(c.events, c.n, .05)
		if err != nil {
			t.Fatal(err)
		}
		rate := float64(c.events) / float64(c.n)
		fixed := 2 * 1.96 * math.Sqrt(rate*(1-rate)/float64(c.n))
		if c.events == 0 {
			fixed = 3.7 / float64(c.n)
		}
		if ratio := (high - low) / fixed; ratio > c.most || ratio < 1 {
			t.Errorf("%+v: %v to %v, %.2f times an interval for one look", c, low, high, ratio)
		}
	}
}

func TestRateIntervalCoversAtAllLooks(t *testing.T) {
	const runs, looks, alpha = 600, 1500, .1
	for _, rate := range []float64{.02, .5} {
		random := rand.New(rand.NewPCG(7, 8))
		above := Bernoulli{Limit: rate, A: .5, B: .5}
		below := Bernoulli{Side: BelowLimit, Limit: rate, A: .5, B: .5}
		missed := 0
		for range runs {
			events := 0
			for n := 1; n <= looks; n++ {
				if random.Float64() < rate {
					events++
				}
				if !above.Shows(events, n, alpha/2) && !below.Shows(events, n, alpha/2) {
					continue
				}
				// Only where the rate is shown to be wrong can the interval miss it.
				if low, high, _ := RateInterval(events, n, alpha); low <= rate && rate <= high {
					t.Errorf("%d of %d: %v to %v contains %v, which is shown to be wrong", events, n, low, high, rate)
				}
				missed++
				break
			}
		}
		t.Logf("rate %v: missed in %d of %d series", rate, missed, runs)
		if binomialTail(missed, runs, alpha) < 1e-4 || missed == 0 {
			t.Errorf("rate %v: missed in %d of %d series at level %v", rate, missed, runs, alpha)
		}
	}
}

func TestRateIntervalRefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		events, n int
		alpha     float64
	}{{2, 1, .05}, {-1, 1, .05}, {1, 2, 0}, {1, 2, 1}, {1, 2, math.NaN()}} {
		if low, high, err := RateInterval(c.events, c.n, c.alpha); err == nil {
			t.Errorf("%+v: %v to %v, want an error", c, low, high)
		}
	}
}
