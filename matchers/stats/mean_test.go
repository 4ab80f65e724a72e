package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func mustMean(t *testing.T, side Side, bound float64) Mean {
	t.Helper()
	mean, err := NewMean(side, bound)
	if err != nil {
		t.Fatal(err)
	}
	return mean
}

func add(mean *Mean, values ...float64) {
	for _, g := range values {
		mean.Add(g)
	}
}

func TestMeanIsTheAverageOverItsBets(t *testing.T) {
	values := []float64{1, -1, .25, 0, -.5, 1}
	for _, c := range []struct {
		side        Side
		bound, most float64
	}{{AboveLimit, 0, 1}, {AboveLimit, .6, 1 / 1.6}, {BelowLimit, .25, -1 / .75}, {BelowLimit, -.9, -1 / 1.9}} {
		mean := mustMean(t, c.side, c.bound)
		add(&mean, values...)
		want, shares := 0.0, 0.0
		for i := range bets {
			capital := 1.0
			for _, g := range values {
				capital *= 1 + .99*c.most/math.Pow(2, float64(i))*(g-c.bound)
			}
			want += capital / float64(i+1)
			shares += 1 / float64(i+1)
		}
		if want = math.Log(want / shares); math.Abs(mean.LogE()-want) > 1e-12 {
			t.Errorf("%+v: log e %.15g, want %.15g", c, mean.LogE(), want)
		}
		if mean.N() != 6 || math.Abs(mean.Mean()-.125) > 1e-15 {
			t.Errorf("%+v: %d values with mean %v, want 6 with 0.125", c, mean.N(), mean.Mean())
		}
	}
}

// Whatever the distribution between -1 and 1 with its mean at the bound: those of two
// values are the corners of all.
func TestMeanIsAMartingaleAtTheBound(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 17))
	for _, side := range []Side{AboveLimit, BelowLimit} {
		for _, bound := range []float64{-.95, -.3, 0, .25, .999} {
			mean := mustMean(t, side, bound)
			for range 60 {
				low, high := bound-random.Float64()*(1+bound), bound+random.Float64()*(1-bound)
				for _, values := range [][2]float64{{-1, 1}, {low, high}, {-1, high}, {low, 1}} {
					share := (bound - values[0]) / (values[1] - values[0])
					down, up := mean, mean
					add(&down, values[0])
					add(&up, values[1])
					factor := (1-share)*math.Exp(down.LogE()-mean.LogE()) + share*math.Exp(up.LogE()-mean.LogE())
					if math.Abs(factor-1) > 1e-9 {
						t.Fatalf("side %d, bound %v, %v: grows by the factor %.12f on average", side, bound, values, factor)
					}
				}
				add(&mean, []float64{low, high, -1, 1}[random.IntN(4)])
			}
		}
	}
}

func TestMeanFallsOnAverageInsideTheNull(t *testing.T) {
	above, below := mustMean(t, AboveLimit, .1), mustMean(t, BelowLimit, .1)
	for g, inside := range map[float64]*Mean{-.2: &above, .4: &below} {
		add(inside, g)
		if inside.LogE() >= 0 {
			t.Errorf("%v on the null's side raises log e to %v", g, inside.LogE())
		}
	}
}

func TestMeanNeedsFewValuesWithoutSpread(t *testing.T) {
	mean := mustMean(t, BelowLimit, .05)
	for mean.LogE() < math.Log(20) {
		add(&mean, 0)
	}
	if mean.N() < 60 || mean.N() > 90 {
		t.Errorf("%d zeros show a mean below 0.05 at level 0.05, want 60 to 90", mean.N())
	}
}

func TestMeanStaysFinite(t *testing.T) {
	for _, side := range []Side{AboveLimit, BelowLimit} {
		for _, bound := range []float64{-.999999, 0, .999999} {
			for _, g := range []float64{-1, 1} {
				mean := mustMean(t, side, bound)
				mean.whole[int(g)+1] = 100_000_000
				for range 1000 {
					mean.Add(g * .999)
				}
				if e := mean.LogE(); math.IsNaN(e) || math.IsInf(e, 0) {
					t.Errorf("side %d, bound %v, all %v: log e %v", side, bound, g, e)
				}
			}
		}
	}
}

func TestMeanHoldsItsLevelAtEveryLook(t *testing.T) {
	const runs, looks, alpha = 500, 1000, .05
	random := rand.New(rand.NewPCG(18, 19))
	alarms := 0
	for range runs {
		mean := mustMean(t, AboveLimit, 0)
		for range looks {
			// Rarely far up, mostly a little down: the mean is 0.
			g := -.1
			if random.Float64() < .1 {
				g = .9
			}
			add(&mean, g)
			if mean.LogE() >= -math.Log(alpha) {
				alarms++
				break
			}
		}
	}
	t.Logf("%d false alarms in %d series", alarms, runs)
	if binomialTail(alarms, runs, alpha) < 1e-4 || alarms == 0 {
		t.Errorf("%d false alarms in %d series at level %v", alarms, runs, alpha)
	}
}

func TestMeanIsAValue(t *testing.T) {
	original := mustMean(t, AboveLimit, 0)
	add(&original, 1, 1, 1)
	before := original.LogE()
	other := original
	add(&other, 1)
	if original.LogE() != before || original.N() != 3 || other.LogE() <= before {
		t.Errorf("original %v (before %v), copy %v", original.LogE(), before, other.LogE())
	}
}

func TestMeanRefusesImpossibleInput(t *testing.T) {
	for _, bound := range []float64{-1, 1, math.NaN(), math.Inf(1)} {
		if _, err := NewMean(AboveLimit, bound); err == nil {
			t.Errorf("bound %v: want an error", bound)
		}
	}
	if _, err := NewMean(7, 0); err == nil {
		t.Error("side 7: want an error")
	}
	for _, g := range []float64{-1.01, 1.01, math.NaN(), math.Inf(-1)} {
		mean := mustMean(t, AboveLimit, 0)
		add(&mean, g, 1, 1)
		if !math.IsNaN(mean.LogE()) || !math.IsNaN(mean.Mean()) {
			t.Errorf("after %v: log e %v, mean %v, want NaN", g, mean.LogE(), mean.Mean())
		}
	}
	if none := mustMean(t, AboveLimit, 0); none.N() != 0 || none.LogE() != 0 || !math.IsNaN(none.Mean()) {
		t.Errorf("no values: n %d, log e %v, mean %v", none.N(), none.LogE(), none.Mean())
	}
}
