package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// metricsOf turns runs of several metrics each around. Kinds are the names of the metrics.
func metricsOf(baseline, candidates [][]float64, floors []float64, kinds ...string) []RunMetric {
	all := make([]RunMetric, len(floors))
	for m, floor := range floors {
		all[m] = RunMetric{Floor: floor, Kind: fmt.Sprint(m)}
		if kinds != nil {
			all[m].Kind = kinds[m]
		}
		for _, run := range baseline {
			all[m].Baseline = append(all[m].Baseline, run[m])
		}
		for _, run := range candidates {
			all[m].Candidates = append(all[m].Candidates, run[m])
		}
	}
	return all
}

func compareRuns(t *testing.T, metrics []RunMetric) RunsResult {
	t.Helper()
	result, err := CompareRuns(metrics)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func smallest(r RunsResult) float64 {
	p := 1.
	for _, m := range r.Metrics {
		p = min(p, m.P)
	}
	return p
}

// Exchangeable candidates are called worse no more often than P says, for any number of
// metrics, however they depend on each other, and also if choices are sampled.
func TestCompareRunsHoldsAlphaOverMetrics(t *testing.T) {
	for _, c := range []struct {
		accepted, candidates, trials int
		alpha                        float64
	}{{20, 1, 6000, .05}, {20, 1, 6000, .01}, {10, 1, 4000, .05}, {100, 1, 300, .05}, {10, 3, 1000, .05}, {3, 3, 4000, .05}, {20, 6, 60, .05}} {
		random := rand.New(rand.NewPCG(11, 12))
		alarms := 0
		for range c.trials {
			runs := make([][]float64, c.accepted+c.candidates)
			failed, samples := make([]int, len(runs)), make([]int, len(runs))
			for i := range runs {
				shared := random.NormFloat64()
				failed[i], samples[i] = 0, 250
				for range 250 {
					if random.IntN(500) == 0 {
						failed[i]++
					}
				}
				runs[i] = []float64{0, shared, 2*shared + random.NormFloat64(), -math.Log(random.ExpFloat64()), math.Round(2 * random.NormFloat64())}
			}
			for i, v := range DevianceScores(failed, samples) {
				runs[i][0] = v
			}
			floors := []float64{1, .1, .1, .1, .1}
			if smallest(compareRuns(t, metricsOf(runs[:c.accepted], runs[c.accepted:], floors))) <= c.alpha*(1+1e-9) {
				alarms++
			}
		}
		t.Logf("%+v: %d false alarms", c, alarms)
		if binomialTail(alarms, c.trials, c.alpha) < 1e-4 {
			t.Errorf("%+v: %d false alarms", c, alarms)
		}
		if alarms == 0 && float64(c.trials)*c.alpha > 50 {
			t.Errorf("%+v: no false alarm at all: the test cannot be looking", c)
		}
	}
}

func TestCompareRunsFindsTheMetricThatIsWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	baseline := make([][]float64, 20)
	for i := range baseline {
		baseline[i] = []float64{0, 3 + .03*random.NormFloat64(), 4 + .03*random.NormFloat64()}
	}
	for name, c := range map[string]struct {
		run   []float64
		worse int // the metric, or none
	}{
		"a slower p99":           {[]float64{0, 3, 4.3}, 2},
		"errors where was none":  {[]float64{8, 3, 4}, 0},
		"better":                 {[]float64{0, 2.5, 3.5}, -1},
		"the same":               {[]float64{0, 3, 4}, -1},
		"both latencies, though": {[]float64{0, 3, 14}, 2},
	} {
		result := compareRuns(t, metricsOf(baseline, [][]float64{c.run}, []float64{1, .01, .01}))
		for m, shift := range result.Metrics {
			if found := shift.P <= .005; found != (m == c.worse) {
				t.Errorf("%s: %+v", name, result)
			}
			if !(shift.Low < shift.Shift && shift.Shift < shift.High) || math.Abs(shift.Shift-(c.run[m]-[]float64{0, 3, 4}[m])) > .05 {
				t.Errorf("%s: metric %d: %+v", name, m, shift)
			}
		}
	}
}

// The scale of a metric is not moved by what is judged.
func TestCompareRunsHidesNoGrossRegression(t *testing.T) {
	logs := func(runs [][]float64) [][]float64 {
		for _, run := range runs {
			run[1] = math.Log(run[1])
		}
		return runs
	}
	// As many candidates as accepted runs: errors of half of 250 requests.
	failed := DevianceScores([]int{0, 1, 0, 125, 120, 130}, []int{250, 250, 250, 250, 250, 250})
	metrics := metricsOf(logs([][]float64{{failed[0], .0400}, {failed[1], .0410}, {failed[2], .0390}}),
		logs([][]float64{{failed[3], .0405}, {failed[4], .0395}, {failed[5], .0402}}), []float64{1, .02})
	if p := compareRuns(t, metrics).Metrics[0].P; math.Abs(p-SmallestP(3, 3)) > 1e-12 {
		t.Errorf("errors of half of the requests: P = %v", p)
	}
	// One error, or one slow run, among the accepted ones.
	random := rand.New(rand.NewPCG(15, 16))
	for name, poison := range map[string][]float64{"one error": {1, 0}, "a slow run": {-.5, math.Log(3)}} {
		found := 0
		for range 200 {
			baseline := [][]float64{poison}
			for range 19 {
				baseline = append(baseline, []float64{-.5, .05 * random.NormFloat64()})
			}
			if compareRuns(t, metricsOf(baseline, [][]float64{{-.5, math.Log(1.5) + .05*random.NormFloat64()}}, []float64{1, .02})).Metrics[1].P <= .01 {
				found++
			}
		}
		if found < 180 {
			t.Errorf("%s among 20 accepted runs: half as slow again is found in %d of 200", name, found)
		}
	}
	// One metric of 400.
	runs := make([][]float64, 21)
	for i := range runs {
		for m := range 400 {
			v := .03 * random.NormFloat64()
			if i == 20 && m == 7 {
				v += math.Log(1.5)
			}
			runs[i] = append(runs[i], v)
		}
	}
	result := compareRuns(t, metricsOf(runs[:20], runs[20:], slices.Repeat([]float64{.01}, 400), slices.Repeat([]string{"p50"}, 400)...))
	for m, shift := range result.Metrics {
		if (shift.P <= .005) != (m == 7) {
			t.Errorf("metric %d of 400: %+v", m, shift)
		}
	}
}

func TestCompareRunsCountsChoices(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 18))
	values := func(n int, shift float64) []float64 {
		all := make([]float64, n)
		for i := range all {
			all[i] = shift + random.NormFloat64()
		}
		return all
	}
	for _, c := range []struct {
		accepted, candidates int
		least                float64
	}{{10, 3, 1. / 286}, {2, 2, 1. / 6}, {20, 10, 1. / 10_000}, {9, 1, 1. / 10}} {
		metric := RunMetric{Baseline: values(c.accepted, 0), Candidates: values(c.candidates, 50), Floor: 1}
		result := compareRuns(t, []RunMetric{metric})
		if math.Abs(result.SmallestP-c.least) > 1e-12 {
			t.Errorf("%+v: the least P is %v", c, result.SmallestP)
		}
		if p := result.Metrics[0].P; c.candidates > 1 && math.Abs(p-c.least) > 1e-12 || c.candidates == 1 && p != 1 {
			t.Errorf("%+v: P = %v", c, p)
		}
		if again := compareRuns(t, []RunMetric{metric}); again.Metrics[0] != result.Metrics[0] {
			t.Errorf("%+v: %v, and again %v", c, result, again)
		}
	}
}

func TestEachChoiceVisitsEachOnce(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for k := 1; k <= n; k++ {
			seen := map[string]bool{}
			eachChoice(n, k, func(choice []int) {
				if !slices.IsSorted(choice) || len(choice) != k || seen[fmt.Sprint(choice)] {
					t.Errorf("%d of %d: %v", k, n, choice)
				}
				seen[fmt.Sprint(choice)] = true
			})
			if math.Abs(float64(len(seen))*SmallestP(n-k, k)-1) > 1e-9 {
				t.Errorf("%d of %d: %d choices", k, n, len(seen))
			}
		}
	}
}

// A count's score is the normal score of its probability.
func TestDevianceScores(t *testing.T) {
	failures, samples := slices.Repeat([]int{1}, 20), slices.Repeat([]int{250}, 20)
	for _, n := range []int{0, 1, 2, 4, 8, 12, 250} {
		failures[19] = n
		scores := DevianceScores(failures, samples)
		// The probability of at least n failures at a rate of 1 in 250.
		if tail := binomialTail(n, 250, 1./250); n > 1 && n < 20 {
			if normal := math.Erfc(scores[19]/math.Sqrt2) / 2; normal < tail/3 || normal > tail*3 {
				t.Errorf("%d of 250: score %v, which is p %v, and p is %v", n, scores[19], normal, tail)
			}
		}
		if n == 250 && !(scores[19] > 30) || n == 0 && !(scores[19] < 0) {
			t.Errorf("%d of 250: score %v", n, scores[19])
		}
	}
	if none := DevianceScores([]int{0, 0, 0}, []int{9, 9, 9}); slices.ContainsFunc(none, func(v float64) bool { return v != none[0] || !(v < 0 && v > -1) }) {
		t.Errorf("no failures at all: %v", none)
	}
}

func TestCompareRunsRefusesWhatItCannotCompare(t *testing.T) {
	sound := RunMetric{Baseline: []float64{1, 2}, Candidates: []float64{3}, Floor: 1}
	with := func(change func(*RunMetric)) []RunMetric {
		m := sound
		m.Baseline, m.Candidates = slices.Clone(m.Baseline), slices.Clone(m.Candidates)
		change(&m)
		return []RunMetric{sound, m}
	}
	for want, metrics := range map[string][]RunMetric{
		"there is no metric":                     nil,
		"compare 1 baseline with 1 candidate":    {{Baseline: []float64{1}, Candidates: []float64{1}, Floor: 1}},
		"compare 2 baseline with 0 candidate":    {{Baseline: []float64{1, 2}, Floor: 1}},
		"metric 2 has 3 and 1 values":            with(func(m *RunMetric) { m.Baseline = []float64{1, 2, 3} }),
		"metric 2 has the floor 0":               with(func(m *RunMetric) { m.Floor = 0 }),
		"metric 2 has the floor NaN":             with(func(m *RunMetric) { m.Floor = math.NaN() }),
		"metric 2 has the value NaN":             with(func(m *RunMetric) { m.Candidates[0] = math.NaN() }),
		"metric 2 has the value +Inf":            with(func(m *RunMetric) { m.Baseline[1] = math.Inf(1) }),
		"metric 2 has the value 1e+200: must be": with(func(m *RunMetric) { m.Baseline[1] = 1e200 }),
	} {
		if _, err := CompareRuns(metrics); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", metrics, err, want)
		}
	}
}

// The gate compares hundreds of metrics with hundreds of runs.
func TestCompareRunsOfALargeSuite(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 20))
	metrics := make([]RunMetric, 150)
	for m := range metrics {
		values := make([]float64, 101)
		for i := range values {
			values[i] = random.NormFloat64()
		}
		metrics[m] = RunMetric{Baseline: values[:100], Candidates: values[100:], Floor: .01, Kind: fmt.Sprint(m % 5)}
	}
	began := time.Now()
	compareRuns(t, metrics)
	t.Logf("150 metrics of 1 run against 100: %s", time.Since(began))
}
