package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func mustLatency(t *testing.T, margin, floor float64) Latency {
	t.Helper()
	latency, err := NewLatency(margin, floor)
	if err != nil {
		t.Fatal(err)
	}
	return latency
}

func addPair(t *testing.T, latency *Latency, x, y float64) {
	t.Helper()
	if err := latency.Add(x, y); err != nil {
		t.Fatal(err)
	}
}

func lognormal(random *rand.Rand) float64 { return math.Exp(0.5 * random.NormFloat64()) }

// pairsTo counts the pairs until the evidence is 100, sorted over series.
func pairsTo(t *testing.T, runs int, margin float64, evidence func(*Latency) float64, slow func(*rand.Rand) float64) []int {
	t.Helper()
	random := rand.New(rand.NewPCG(21, 22))
	pairs := make([]int, runs)
	for i := range pairs {
		latency := mustLatency(t, margin, 0)
		for evidence(&latency) < math.Log(100) {
			addPair(t, &latency, slow(random)*lognormal(random), lognormal(random))
		}
		pairs[i] = latency.N()
	}
	slices.Sort(pairs)
	return pairs
}

func times(factor float64) func(*rand.Rand) float64 {
	return func(*rand.Rand) float64 { return factor }
}

func TestLatencyFindsASlowCandidateSoon(t *testing.T) {
	for _, c := range []struct {
		name        string
		runs        int
		slow        func(*rand.Rand) float64
		median, q90 int
	}{
		{"1.5 times", 400, times(1.5), 55, 95},
		{"1.2 times", 300, times(1.2), 210, 400},
		{"2 % are 5 times", 100, func(random *rand.Rand) float64 {
			if random.Float64() < 0.02 {
				return 5
			}
			return 1
		}, 1900, 3400},
	} {
		pairs := pairsTo(t, c.runs, 0, (*Latency).LogE, c.slow)
		median, q90 := pairs[c.runs/2], pairs[c.runs*9/10]
		t.Logf("%s slower: median %d pairs, 90 %% within %d", c.name, median, q90)
		if median > c.median || q90 > c.q90 {
			t.Errorf("%s slower: median %d pairs, 90 %% within %d, want at most %d and %d", c.name, median, q90, c.median, c.q90)
		}
	}
}

func TestLatencyShowsThatEqualsAreWithinReach(t *testing.T) {
	for _, c := range []struct {
		margin      float64
		median, q90 int
	}{{0, 110, 230}, {.1, 75, 140}} {
		pairs := pairsTo(t, 300, c.margin, (*Latency).LogEWithin, times(1))
		t.Logf("margin %v: median %d pairs, 90 %% within %d", c.margin, pairs[150], pairs[270])
		if pairs[150] > c.median || pairs[270] > c.q90 {
			t.Errorf("margin %v: median %d pairs, 90 %% within %d, want at most %d and %d", c.margin, pairs[150], pairs[270], c.median, c.q90)
		}
	}
}

// alarms counts the series in which the evidence is ever 1/alpha at a thousand looks.
func alarms(t *testing.T, runs int, alpha float64, latency Latency, evidence func(*Latency) float64, pair func(*rand.Rand, int) (x, y float64)) int {
	t.Helper()
	random := rand.New(rand.NewPCG(23, 24))
	n := 0
	for range runs {
		series := latency
		for look := range 1000 {
			x, y := pair(random, look)
			addPair(t, &series, x, y)
			if evidence(&series) >= -math.Log(alpha) {
				n++
				break
			}
		}
	}
	return n
}

func TestLatencyHoldsItsLevelAtEveryLook(t *testing.T) {
	const runs, alpha = 400, .05
	for name, c := range map[string]struct {
		latency  Latency
		evidence func(*Latency) float64
		pair     func(*rand.Rand, int) (x, y float64)
	}{
		"equals": {mustLatency(t, 0, 0), (*Latency).LogE, func(random *rand.Rand, _ int) (float64, float64) {
			return lognormal(random), lognormal(random)
		}},
		"at the margin": {mustLatency(t, .2, 0), (*Latency).LogE, func(random *rand.Rand, _ int) (float64, float64) {
			return 1.2 * lognormal(random), lognormal(random)
		}},
		"at the floor": {mustLatency(t, .01, 3), (*Latency).LogE, func(random *rand.Rand, _ int) (float64, float64) {
			return 3 + lognormal(random), lognormal(random)
		}},
		"a common drift": {mustLatency(t, 0, 0), (*Latency).LogE, func(random *rand.Rand, look int) (float64, float64) {
			drift := math.Exp(2*math.Sin(float64(look)/100)) + float64(look)/100
			return drift * lognormal(random), drift * lognormal(random)
		}},
		"failures": {mustLatency(t, 0, 0), (*Latency).LogE, func(random *rand.Rand, _ int) (float64, float64) {
			x, y := lognormal(random), lognormal(random)
			if random.Float64() < .3 {
				x = math.Inf(1)
			}
			if random.Float64() < .3 {
				y = math.Inf(1)
			}
			return x, y
		}},
		// Above the median, 1, in five of eight times rather than three of eight.
		"at the reach": {mustLatency(t, 0, 0), (*Latency).LogEWithin, func(random *rand.Rand, _ int) (float64, float64) {
			return random.Float64() + 5./8, random.Float64() + 3./8
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := alarms(t, runs, alpha, c.latency, c.evidence, c.pair)
			t.Logf("%d false alarms in %d series", n, runs)
			if binomialTail(n, runs, alpha) < 1e-4 || n == 0 {
				t.Errorf("%d false alarms in %d series at level %v", n, runs, alpha)
			}
		})
	}
}
