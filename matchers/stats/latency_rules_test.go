package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// At each threshold only x, only y, both or neither are above. Under equal distributions
// x and y are as likely when swapped, so the mean over both orders may not grow.
func TestLatencyDoesNotGrowOnAverageForEquals(t *testing.T) {
	random := rand.New(rand.NewPCG(25, 26))
	latency := mustLatency(t, 0, 0)
	for range 300 {
		values := []float64{lognormal(random), lognormal(random), 3 * lognormal(random), math.Inf(1)}
		mean := 0.0
		for _, x := range values {
			for _, y := range values {
				next := latency
				addPair(t, &next, x, y)
				mean += math.Exp(next.counts.logE(1, [3]float64{})-latency.counts.logE(1, [3]float64{})) / 16
			}
		}
		if math.Abs(mean-1) > 1e-9 {
			t.Fatalf("after %d pairs: grows by the factor %.12f on average", latency.N(), mean)
		}
		addPair(t, &latency, values[random.IntN(4)], values[random.IntN(4)])
	}
}

func TestLatencyTakesThresholdsFromEarlierPairsOnly(t *testing.T) {
	latency := mustLatency(t, 0, 0)
	for range firstPairs {
		addPair(t, &latency, 10, 0)
	}
	if latency.LogE() != 0 || latency.LogEWithin() != 0 {
		t.Errorf("log e %v and %v from pairs that chose the thresholds", latency.LogE(), latency.LogEWithin())
	}
	addPair(t, &latency, 10, 0)
	if latency.LogE() <= 0 || latency.LogEWithin() >= 0 {
		t.Errorf("log e %v and %v after the first pair that is judged", latency.LogE(), latency.LogEWithin())
	}
}

// The e-value is an average over the score and the three highest levels.
func TestLatencyAveragesTheScoreAndTheHighestLevels(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	latency := mustLatency(t, 0, 0)
	var score [len(scoreBets)]float64
	var more, less [len(levels)]int
	within := mustMean(t, BelowLimit, reach)
	for range 500 {
		x, y := 1.4*lognormal(random), lognormal(random)
		if latency.chosen > 0 {
			differs := 0
			for i, threshold := range latency.thresholds {
				difference := 0
				switch {
				case x > threshold && y <= threshold:
					more[i]++
					difference = 1
				case y > threshold && x <= threshold:
					less[i]++
					difference = -1
				}
				if i == atMedian {
					within.Add(float64(difference))
				}
				if i < bulk {
					differs += difference
				}
			}
			for i, bet := range scoreBets {
				score[i] += math.Log(1 + bet*float64(differs)/bulk)
			}
		}
		addPair(t, &latency, x, y)
	}
	if latency.Together() != 1 {
		t.Fatalf("independent pairs count as 1 of %v: choose another seed", latency.Together())
	}
	want := onScore * math.Exp(MeanLogE(score[:]...))
	for _, level := range alone {
		want += (1 - onScore) / 3 * math.Exp(Above(.5).LogE(more[level], more[level]+less[level]))
	}
	if want = math.Log(want); math.Abs(latency.LogE()-want) > 1e-9 {
		t.Errorf("log e %v, want %v", latency.LogE(), want)
	}
	if math.Abs(latency.LogEWithin()-within.LogE()) > 1e-12 {
		t.Errorf("log e within reach %v, want %v", latency.LogEWithin(), within.LogE())
	}
}

// Latencies that wander are alike from pair to pair. They count less, and a difference that
// only the first pairs have is none of the later ones.
func TestLatencyCountsPairsThatAreAlike(t *testing.T) {
	random := rand.New(rand.NewPCG(35, 36))
	wandering, x, y := mustLatency(t, 0, 0), 0.0, 0.0
	for range 2000 {
		x, y = .9*x+.44*random.NormFloat64(), .9*y+.44*random.NormFloat64()
		addPair(t, &wandering, math.Exp(x), math.Exp(y))
	}
	if together := wandering.Together(); together < 10 || together > 60 {
		t.Errorf("AR(0.9): %v pairs count as one, want about 19", together)
	}
	cold := mustLatency(t, .25, 0)
	for i := range 250 {
		slow := 1.0
		if i < 50 {
			slow = 4
		}
		if i == 50 {
			cold.LeaveOut()
		}
		addPair(t, &cold, slow*lognormal(random), lognormal(random))
		if i == 49 && cold.LogE() < math.Log(100) {
			t.Errorf("log e %v while it is cold", cold.LogE())
		}
	}
	if cold.LogEAfter() >= 0 {
		t.Errorf("log e %v after it was cold", cold.LogEAfter())
	}
}

// Where more than half of all requests fail, what counts is who fails more often.
func TestLatencyTellsWhoFailsMore(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	latency := mustLatency(t, .1, 0)
	for range 200 {
		y := 1.0
		if random.Float64() < .6 {
			y = math.Inf(1)
		}
		addPair(t, &latency, math.Inf(1), y)
	}
	if latency.LogE() < math.Log(100) {
		t.Errorf("log e %v although all fail rather than 60 %%", latency.LogE())
	}
}

// Values that are all the same, or of a few kinds, leave thresholds on top of them.
func TestLatencySeparatesTies(t *testing.T) {
	for _, c := range []struct{ margin, floor, x, y float64 }{
		{0, 0, 6, 5}, {.1, 0, 6, 5}, {0, .5, 6, 5}, {0, 0, math.Inf(1), 5}, {.1, 1, 1, 0}, {0, 0, 1, 0},
	} {
		latency := mustLatency(t, c.margin, c.floor)
		other := mustLatency(t, c.margin, c.floor)
		for range 50 {
			addPair(t, &latency, c.x, c.y)
			addPair(t, &other, c.y, c.x)
		}
		if slower := c.x > math.Max(c.y*(1+c.margin), c.y+c.floor); slower != (latency.LogE() > math.Log(100)) || slower != (latency.LogEWithin() < 0) {
			t.Errorf("%+v: log e %v and %v", c, latency.LogE(), latency.LogEWithin())
		}
		if other.LogE() > 0 || other.LogEWithin() < math.Log(100) {
			t.Errorf("%+v the other way round: log e %v and %v", c, other.LogE(), other.LogEWithin())
		}
	}
}

// A timeout, a retry or a cache that misses takes the same time again and again.
// Many latencies that are one number, whole milliseconds among them, must not hide
// on a threshold that nothing is above.
func TestLatencySeesSlowOnesThatAreEqual(t *testing.T) {
	usual := func(random *rand.Rand) float64 { return 8 + 4*random.Float64() }
	whole := func(random *rand.Rand) float64 { return math.Floor(usual(random)) }
	for _, base := range []func(*rand.Rand) float64{usual, whole} {
		for _, slowest := range []float64{0, 0.01} { // with one latency above all others
			for share := 0.05; share < 0.96; share += 0.05 {
				random := rand.New(rand.NewPCG(31, uint64(100*share)))
				latency := mustLatency(t, 0.25, 1)
				for range 2000 {
					x := base(random)
					switch r := random.Float64(); {
					case r < slowest:
						x = 150 + 100*random.Float64()
					case r < slowest+share:
						x = 100
					}
					addPair(t, &latency, x, base(random))
				}
				// 2,000 pairs show it, also where the thresholds change between the equal ones.
				if e := latency.LogE(); e < math.Log(30) {
					t.Errorf("%.0f %% take ten times as long, and %.0f %% longer: log e-value %.2f", 100*share, 100*slowest, e)
				}
			}
		}
	}
}

func TestLatencyFollowsADriftThatBothShare(t *testing.T) {
	random := rand.New(rand.NewPCG(27, 28))
	latency := mustLatency(t, 0, 0)
	for range 10 * mostPairs {
		addPair(t, &latency, lognormal(random), lognormal(random))
	}
	before := latency.counts.scoreLogE(1)
	// Everything is a hundred times slower now, and the candidate half as slow again.
	for range 2*mostPairs + 400 {
		addPair(t, &latency, 150*lognormal(random), 100*lognormal(random))
	}
	if after := latency.counts.scoreLogE(1); after < before+math.Log(100) {
		t.Errorf("log e %v, %v before the drift: the thresholds have stayed behind", after, before)
	}
}

func TestLatencyMayBeReadWhileTheOriginalGoesOn(t *testing.T) {
	random := rand.New(rand.NewPCG(29, 30))
	latency := mustLatency(t, .1, .01)
	for range 3800 {
		addPair(t, &latency, lognormal(random), lognormal(random))
	}
	reader := latency
	pooled := slices.Clone(reader.pooled)
	logE, within, n := latency.LogE(), latency.LogEWithin(), latency.N()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20_000 {
			if latency.Add(9, 1) != nil {
				return
			}
		}
	}()
	for range 100 {
		if reader.LogE() != logE || reader.LogEWithin() != within || reader.N() != n {
			t.Fatalf("the copy has changed: log e %v and %v of %d", reader.LogE(), reader.LogEWithin(), reader.N())
		}
	}
	<-done
	if !slices.Equal(reader.pooled, pooled) {
		t.Error("the original has changed the copy's latencies")
	}
	if latency.N() != 23_800 || latency.LogE() <= logE {
		t.Errorf("original: log e %v of %d", latency.LogE(), latency.N())
	}
}

func TestLatencyKeepsABoundedNumberOfLatencies(t *testing.T) {
	latency := mustLatency(t, 0, 0)
	for range 100_000 {
		addPair(t, &latency, 2, 1)
		if cap(latency.pooled) > 4*pooledPairs {
			t.Fatalf("after %d pairs there is room for %d latencies", latency.N(), cap(latency.pooled))
		}
	}
}

func TestLatencyRefusesImpossibleInput(t *testing.T) {
	for _, c := range [][2]float64{{-.1, 0}, {0, -1}, {math.NaN(), 0}, {0, math.NaN()}, {math.Inf(1), 0}, {0, math.Inf(1)}} {
		if _, err := NewLatency(c[0], c[1]); err == nil {
			t.Errorf("margin %v, floor %v: want an error", c[0], c[1])
		}
	}
	latency := mustLatency(t, 0, 0)
	for _, c := range [][2]float64{{-1, 1}, {1, -1}, {math.NaN(), 1}, {1, math.NaN()}} {
		if latency.Add(c[0], c[1]) == nil {
			t.Errorf("latencies %v: want an error", c)
		}
	}
	if latency.N() != 0 {
		t.Errorf("%d refused pairs count", latency.N())
	}
}
