package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// A candidate that is one of many exchangeable runs is called worse in at most
// the share of cases that p says, however many metrics there are and however
// they hang together.
func TestCompareRunsIsExactOverMetrics(t *testing.T) {
	const trials, alpha = 4000, .05
	random := rand.New(rand.NewPCG(11, 12))
	alarms := 0
	for range trials {
		runs := make([][]float64, 21)
		for i := range runs {
			shared := random.NormFloat64()
			runs[i] = []float64{0, 100 + shared, 200 + shared + random.NormFloat64(), math.Exp(random.NormFloat64())}
			if random.IntN(10) == 0 {
				runs[i][0] = random.Float64()
			}
		}
		result, err := CompareRuns(runs[:20], runs[20:], 0)
		if err != nil {
			t.Fatal(err)
		}
		if result.P <= alpha {
			alarms++
		}
	}
	t.Logf("%d false alarms in %d", alarms, trials)
	if binomialTail(alarms, trials, alpha) < 1e-4 {
		t.Errorf("%d false alarms in %d runs at alpha %v", alarms, trials, alpha)
	}
	if alarms == 0 {
		t.Error("no false alarm at all: the test cannot be looking")
	}
}

func TestCompareRunsFindsTheMetricThatIsWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	baseline := make([][]float64, 20)
	for i := range baseline {
		baseline[i] = []float64{0, 100 + random.NormFloat64(), 200 + random.NormFloat64()}
	}
	result, err := CompareRuns(baseline, [][]float64{{0, 100, 215}}, 0)
	if err != nil || math.Abs(result.P-1.0/21) > 1e-12 || result.Order[0] != 2 || result.Excess[2] < 5 {
		t.Errorf("a slower p99: %+v, %v", result, err)
	}
	if result, err = CompareRuns(baseline, [][]float64{{0, 100, 215}}, .1); err != nil || result.P < .9 {
		t.Errorf("within the margin: %+v, %v", result, err)
	}
	if result, err = CompareRuns(baseline, [][]float64{{.02, 100, 200}}, .1); err != nil || result.P > .05 || result.Order[0] != 0 || result.Excess[0] <= 0 {
		t.Errorf("errors where there were none: %+v, %v", result, err)
	}
	if result, err = CompareRuns(baseline, [][]float64{{0, math.Inf(1), 200}}, .1); err != nil || result.P > .05 || !math.IsInf(result.Excess[1], 1) {
		t.Errorf("nothing answered: %+v, %v", result, err)
	}
	if result, err = CompareRuns(baseline, [][]float64{{0, 50, 100}}, 0); err != nil || result.P < .05 {
		t.Errorf("better: %+v, %v", result, err)
	}
}

func TestCompareRunsStandsInfinitiesAndTies(t *testing.T) {
	gone := math.Inf(1)
	all := [][]float64{{gone, 1}, {gone, 1}, {gone, 1}, {gone, 1}}
	result, err := CompareRuns(all, [][]float64{{gone, 1}}, .1)
	if err != nil || result.P < .2 || math.IsNaN(result.Excess[0]) {
		t.Errorf("all equal, none answered: %+v, %v", result, err)
	}
	result, err = CompareRuns(all, [][]float64{{5, 1}}, 0)
	if err != nil || result.P < .2 || result.Excess[0] > 0 {
		t.Errorf("answers where none did: %+v, %v", result, err)
	}
}

func TestCompareRunsRefusesWhatItCannotRank(t *testing.T) {
	one := [][]float64{{1, 2}}
	for want, compare := range map[string]func() (RunsResult, error){
		"both need at least one":           func() (RunsResult, error) { return CompareRuns(nil, one, 0) },
		"1 baseline with 0 candidate runs": func() (RunsResult, error) { return CompareRuns(one, nil, 0) },
		"margin NaN":                       func() (RunsResult, error) { return CompareRuns(one, one, math.NaN()) },
		"margin -0.1":                      func() (RunsResult, error) { return CompareRuns(one, one, -.1) },
		"run 2 has 1 metrics":              func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1}}, 0) },
		"run 1 has 0 metrics":              func() (RunsResult, error) { return CompareRuns([][]float64{{}}, one, 0) },
		"value NaN":                        func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1, math.NaN()}}, 0) },
		"value -1":                         func() (RunsResult, error) { return CompareRuns(one, [][]float64{{1, -1}}, .1) },
	} {
		if result, err := compare(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, result, err)
		}
	}
}

func TestCompareRunsWithoutAnswersHasAnExcess(t *testing.T) {
	inf := math.Inf(1)
	result, err := CompareRuns([][]float64{{inf, 1}, {inf, 2}, {inf, 3}, {inf, 2}}, [][]float64{{1, 9}, {inf, 9}}, 0)
	if err != nil || !math.IsInf(result.Excess[0], -1) || result.Order[0] != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}
