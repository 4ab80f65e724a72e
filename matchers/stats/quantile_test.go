package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func ramp(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	return values
}

func TestQuantileExcludesWhatIsShownToBeWrong(t *testing.T) {
	const alpha = .05
	random := rand.New(rand.NewPCG(9, 9))
	for _, q := range []float64{.01, .3, .5, .9, .99} {
		for _, n := range []int{1, 12, 80, 700} {
			for _, distinct := range []int{3, 40, 100_000} {
				values := make([]float64, n)
				for i := range values {
					values[i] = float64(random.IntN(distinct))
				}
				slices.Sort(values)
				got, err := Quantile(values, q, alpha)
				if err != nil {
					t.Fatal(err)
				}
				candidates := []float64{-1, float64(distinct)}
				for _, v := range values {
					candidates = append(candidates, v-.5, v, v+.5)
				}
				for _, x := range candidates {
					atMost, atLeast := 0, 0
					for _, v := range values {
						if v <= x {
							atMost++
						}
						if v >= x {
							atLeast++
						}
					}
					below, above := tailTest(q).Shows(atMost, n, alpha/2), tailTest(1-q).Shows(atLeast, n, alpha/2)
					if below != (x < got.Low) || above != (x > got.High) {
						t.Fatalf("%v quantile of %v: %v to %v, but %v is shown to be below it: %v, above: %v", q, values, got.Low, got.High, x, below, above)
					}
				}
				if !(got.Low <= got.Estimate && got.Estimate <= got.High) {
					t.Errorf("%v quantile of %d: %+v is out of order", q, n, got)
				}
			}
		}
	}
}

func TestQuantileEstimatesTheNearestRank(t *testing.T) {
	for q, want := range map[float64]float64{.001: 1, .1: 1, .101: 2, .5: 5, .9: 9, .99: 10} {
		if got, err := Quantile(ramp(10), q, .05); err != nil || got.Estimate != want {
			t.Errorf("%v quantile of 1 to 10 is %v, %v, want %v", q, got.Estimate, err, want)
		}
	}
}

func TestQuantileTakesFailedRequests(t *testing.T) {
	values := ramp(2000)
	for i := range values[1960:] {
		values[1960+i] = math.Inf(1)
	}
	p50, err := Quantile(values, .5, .05)
	if err != nil || p50.Low < 900 || p50.High > 1100 {
		t.Errorf("median: %+v, %v", p50, err)
	}
	p99, err := Quantile(values, .99, .05)
	if err != nil || !math.IsInf(p99.Estimate, 1) || !math.IsInf(p99.High, 1) || len(p99.Warnings) != 0 {
		t.Errorf("two in a hundred failed: %+v, %v: want a 99th percentile of +Inf without a warning", p99, err)
	}
}

func TestQuantileSaysHowManyValuesAreMissing(t *testing.T) {
	got, err := Quantile(ramp(30), .99, .05)
	if err != nil || !math.IsInf(got.High, 1) || math.IsInf(got.Low, 0) {
		t.Fatalf("%+v, %v", got, err)
	}
	if want := "30 values do not bound the 0.99 quantile from above at alpha 0.05: at least 502 are needed"; !slices.Equal(got.Warnings, []string{want}) {
		t.Errorf("warnings %q, want %q", got.Warnings, want)
	}
	for n, infinite := range map[int]bool{501: true, 502: false} {
		if got, err := Quantile(ramp(n), .99, .05); err != nil || math.IsInf(got.High, 1) != infinite || (len(got.Warnings) == 1) != infinite {
			t.Errorf("%d values: %+v, %v", n, got, err)
		}
	}
	one, err := Quantile([]float64{7}, .5, .05)
	if err != nil || one.Estimate != 7 || len(one.Warnings) != 2 {
		t.Errorf("one value: %+v, %v, want a warning for each end", one, err)
	}
}

// The true quantile is missed only if the counts on one of its sides are shown to be
// wrong, which is looked at after every value.
func TestQuantileCoversAtAllLooks(t *testing.T) {
	const runs, looks, alpha = 600, 1500, .1
	for _, c := range []struct {
		q        float64
		distinct int
	}{{.5, 1_000_000}, {.9, 1_000_000}, {.9, 4}} {
		random := rand.New(rand.NewPCG(3, 1))
		quantile := math.Ceil(c.q*float64(c.distinct)) - 1
		missed := 0
		for range runs {
			atMost, atLeast := 0, 0
			for n := 1; n <= looks; n++ {
				v := float64(random.IntN(c.distinct))
				if v <= quantile {
					atMost++
				}
				if v >= quantile {
					atLeast++
				}
				if tailTest(c.q).Shows(atMost, n, alpha/2) || tailTest(1-c.q).Shows(atLeast, n, alpha/2) {
					missed++
					break
				}
			}
		}
		t.Logf("%+v: missed in %d of %d series", c, missed, runs)
		if binomialTail(missed, runs, alpha) < 1e-4 || c.distinct > 4 && missed == 0 {
			t.Errorf("%+v: missed in %d of %d series at level %v", c, missed, runs, alpha)
		}
	}
}

func TestQuantileRefusesWhatItCannotJudge(t *testing.T) {
	for name, c := range map[string]struct {
		values   []float64
		q, alpha float64
	}{
		"none":      {nil, .5, .05},
		"unsorted":  {[]float64{2, 1}, .5, .05},
		"NaN":       {[]float64{math.NaN(), 1}, .5, .05},
		"NaN later": {[]float64{1, math.NaN()}, .5, .05},
		"q 0":       {ramp(5), 0, .05},
		"q 1":       {ramp(5), 1, .05},
		"q NaN":     {ramp(5), math.NaN(), .05},
		"alpha 0":   {ramp(5), .5, 0},
		"alpha 1":   {ramp(5), .5, 1},
		"alpha NaN": {ramp(5), .5, math.NaN()},
	} {
		if got, err := Quantile(c.values, c.q, c.alpha); err == nil {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

func TestAQuantileThatIsNotToldFromZero(t *testing.T) {
	if got, err := Quantile([]float64{1, 2, 3}, 1e-300, .05); err == nil || !strings.Contains(err.Error(), "quantile 1e-300: cannot be told from 0") {
		t.Errorf("%+v, %v", got, err)
	}
}
