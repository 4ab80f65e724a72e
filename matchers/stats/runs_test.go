package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// ones is a floor of 1 for each metric.
func ones(metrics int) []float64 { return slices.Repeat([]float64{1}, metrics) }

func compareRuns(t *testing.T, baseline, candidates [][]float64, margin float64, floors ...float64) RunsResult {
	t.Helper()
	if floors == nil {
		floors = ones(len(baseline[0]))
	}
	result, err := CompareRuns(baseline, candidates, margin, floors)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// Exchangeable candidates are called worse no more often than P says, for any number of
// metrics, however they depend on each other, and also if choices are sampled.
func TestCompareRunsIsExactOverMetrics(t *testing.T) {
	for _, c := range []struct{ accepted, candidates, trials int }{{20, 1, 4000}, {10, 3, 2000}, {20, 6, 100}} {
		const alpha = .05
		random := rand.New(rand.NewPCG(11, 12))
		alarms := 0
		for range c.trials {
			runs := make([][]float64, c.accepted+c.candidates)
			for i := range runs {
				shared := random.NormFloat64()
				runs[i] = []float64{0, 100 + shared, 200 + shared + random.NormFloat64(), math.Exp(random.NormFloat64())}
				if random.IntN(10) == 0 {
					runs[i][0] = random.Float64()
				}
			}
			if compareRuns(t, runs[:c.accepted], runs[c.accepted:], 0, .01, .1, .1, .1).P <= alpha*(1+1e-9) {
				alarms++
			}
		}
		t.Logf("%+v: %d false alarms", c, alarms)
		if binomialTail(alarms, c.trials, alpha) < 1e-4 {
			t.Errorf("%+v: %d false alarms at alpha %v", c, alarms, alpha)
		}
		if alarms == 0 && c.trials > 1000 {
			t.Errorf("%+v: no false alarm at all: the test cannot be looking", c)
		}
	}
}

func TestCompareRunsFindsTheMetricThatIsWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	baseline := make([][]float64, 20)
	for i := range baseline {
		baseline[i] = []float64{0, 100 + random.NormFloat64(), 200 + random.NormFloat64()}
	}
	floors := []float64{.001, 1, 1}
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		run    []float64
		margin float64
		worse  int // the metric, or none
	}{
		"a slower p99":                {[]float64{0, 100, 230}, 0, 2},
		"within the margin":           {[]float64{0, 100, 215}, .1, -1},
		"errors where there was none": {[]float64{.02, 100, 200}, .1, 0},
		"nothing answered":            {[]float64{0, inf, 200}, .1, 1},
		"better":                      {[]float64{0, 50, 100}, 0, -1},
	} {
		result := compareRuns(t, baseline, [][]float64{c.run}, c.margin, floors...)
		for m, p := range result.Metrics {
			if found := p <= .05; found != (m == c.worse) || p < result.P-1e-15 {
				t.Errorf("%s: %+v", name, result)
			}
		}
		if result.SmallestP != SmallestP(20, 1) {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

// Neither the candidates' own spread nor another metric hides a gross regression, even
// with as many candidates as accepted runs.
func TestCompareRunsHidesNoGrossRegression(t *testing.T) {
	floors := []float64{.01, .001}
	for name, c := range map[string]struct {
		baseline, candidates [][]float64
		want                 float64
	}{
		"errors of half of all runs": {
			[][]float64{{0, .0400}, {.004, .0410}, {0, .0390}},
			[][]float64{{.5, .0405}, {.48, .0395}, {.52, .0402}},
			SmallestP(3, 3),
		},
		"latency beside one error": {
			append(slices.Repeat([][]float64{{0, .040}}, 19), []float64{.004, .041}),
			[][]float64{{0, .4}},
			SmallestP(20, 1),
		},
	} {
		if result := compareRuns(t, c.baseline, c.candidates, .1, floors...); math.Abs(result.P-c.want) > 1e-12 {
			t.Errorf("%s: %+v, want p %v", name, result, c.want)
		}
	}
	// One metric of 400, with three candidates against ten accepted runs.
	random := rand.New(rand.NewPCG(15, 16))
	runs := make([][]float64, 13)
	for i := range runs {
		for m := range 400 {
			v := 100 + random.NormFloat64()
			if i >= 10 && m == 7 {
				v *= 2
			}
			runs[i] = append(runs[i], v)
		}
	}
	result := compareRuns(t, runs[:10], runs[10:], .1)
	if math.Abs(result.P-SmallestP(10, 3)) > 1e-12 || result.Metrics[7] != result.P || slices.Min(result.Metrics[8:]) < .05 {
		t.Errorf("one metric of 400: p %v, of the metric %v", result.P, result.Metrics[7])
	}
}

// P of one metric counts the choices with higher ranks, and of those with the same ranks
// the ones that lie further out.
func TestCompareRunsCountsChoices(t *testing.T) {
	for _, c := range []struct {
		baseline, candidates []float64
		want                 float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{5}, 1. / 5},
		{[]float64{1, 2, 3, 5}, []float64{4}, 2. / 5},
		{[]float64{1, 1, 1, 1}, []float64{1}, 1},
		{[]float64{1, 2, 3}, []float64{4, 5}, 1. / 10},
		{[]float64{9, 9}, []float64{1}, 1},
	} {
		column := func(values []float64) (runs [][]float64) {
			for _, v := range values {
				runs = append(runs, []float64{v})
			}
			return runs
		}
		if result := compareRuns(t, column(c.baseline), column(c.candidates), 0); math.Abs(result.P-c.want) > 1e-12 {
			t.Errorf("%v against %v: %+v, want p %v", c.candidates, c.baseline, result, c.want)
		}
	}
}

func TestCompareRunsStandsInfinitiesAndTies(t *testing.T) {
	gone := math.Inf(1)
	all := [][]float64{{gone, 1}, {gone, 1}, {gone, 1}, {gone, 1}}
	for _, run := range [][]float64{{gone, 1}, {5, 1}} {
		if result := compareRuns(t, all, [][]float64{run}, .1); result.P != 1 || slices.ContainsFunc(result.Metrics, math.IsNaN) {
			t.Errorf("%v: %+v", run, result)
		}
	}
}

// Many runs are compared by a sample of their choices, the same one each time.
func TestCompareRunsSamplesManyChoices(t *testing.T) {
	baseline, candidates := make([][]float64, 20), make([][]float64, 10)
	for i := range baseline {
		baseline[i] = []float64{float64(i)}
	}
	for i := range candidates {
		candidates[i] = []float64{100 + float64(i)}
	}
	result := compareRuns(t, baseline, candidates, 0)
	if again := compareRuns(t, baseline, candidates, 0); result.P != 1./mostChoices || result.SmallestP != 1./mostChoices || again.P != result.P {
		t.Errorf("%+v, and again %+v", result, again)
	}
}

func TestEachChoiceIsMadeOnce(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for k := 1; k <= n; k++ {
			seen := map[[7]int]bool{}
			exhaustive := eachChoice(n, k, func(choice []int) {
				var key [7]int
				copy(key[:], choice)
				if seen[key] || !slices.IsSorted(choice) || choice[k-1] >= n {
					t.Errorf("%d of %d: %v", k, n, choice)
				}
				seen[key] = true
			})
			if !exhaustive || math.Abs(float64(len(seen))*SmallestP(n-k, k)-1) > 1e-9 {
				t.Errorf("%d of %d: %d choices, exhaustive %v", k, n, len(seen), exhaustive)
			}
		}
	}
}

func TestCompareRunsRefusesWhatItCannotRank(t *testing.T) {
	one := [][]float64{{1, 2}}
	for want, compare := range map[string]func() (RunsResult, error){
		"both need at least one":           func() (RunsResult, error) { return CompareRuns(nil, one, 0, ones(2)) },
		"1 baseline with 0 candidate runs": func() (RunsResult, error) { return CompareRuns(one, nil, 0, ones(2)) },
		"margin NaN":                       func() (RunsResult, error) { return CompareRuns(one, one, math.NaN(), ones(2)) },
		"margin -0.1":                      func() (RunsResult, error) { return CompareRuns(one, one, -.1, ones(2)) },
		"run 2 has 1 metrics":              func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1}}, 0, ones(2)) },
		"run 1 has 0 metrics":              func() (RunsResult, error) { return CompareRuns([][]float64{{}}, one, 0, nil) },
		"value NaN":                        func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1, math.NaN()}}, 0, ones(2)) },
		"value -1":                         func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1, -1}}, .1, ones(2)) },
		"2 metrics with the floors [1]":    func() (RunsResult, error) { return CompareRuns(one, one, 0, ones(1)) },
		"with the floors [1 0]":            func() (RunsResult, error) { return CompareRuns(one, one, 0, []float64{1, 0}) },
		"too many to count": func() (RunsResult, error) {
			return CompareRuns(slices.Repeat(one, 2000), slices.Repeat(one, 2000), 0, ones(2))
		},
	} {
		if result, err := compare(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, result, err)
		}
	}
}
