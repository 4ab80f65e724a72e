package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
)

// enumerate counts, over all choices of the candidate's places, those whose
// mid-ranks sum to at least the observed sum.
func enumerate(baseline, candidate []float64) float64 {
	all := append(append([]float64{}, baseline...), candidate...)
	rank := func(i int) float64 {
		r := 0.5
		for _, v := range all {
			switch {
			case v < all[i]:
				r++
			case v == all[i]:
				r += 0.5
			}
		}
		return r
	}
	observed := 0.0
	for i := range candidate {
		observed += rank(len(baseline) + i)
	}
	choices, high := 0, 0
	for set := range 1 << len(all) {
		if bits.OnesCount(uint(set)) != len(candidate) {
			continue
		}
		sum := 0.0
		for i := range all {
			if set>>i&1 == 1 {
				sum += rank(i)
			}
		}
		choices++
		if sum >= observed {
			high++
		}
	}
	return float64(high) / float64(choices)
}

func TestRankSumEqualsEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for k := 1; k <= 7; k++ {
		for m := 1; m <= 5; m++ {
			for _, distinct := range []int{1, 2, 3, 1000} {
				baseline, candidate := make([]float64, k), make([]float64, m)
				for _, values := range [][]float64{baseline, candidate} {
					for i := range values {
						values[i] = float64(random.IntN(distinct))
					}
				}
				got, err := RankSum(baseline, candidate, 0)
				if err != nil {
					t.Fatal(err)
				}
				if want := enumerate(baseline, candidate); math.Abs(got.P-want) > 1e-12 {
					t.Errorf("%v against %v: p %v, want %v", candidate, baseline, got.P, want)
				}
			}
		}
	}
}

func TestRankSumKnowsItsSmallestP(t *testing.T) {
	for _, c := range []struct {
		baseline, candidate int
		want                float64
	}{{10, 1, .0909}, {10, 2, .0152}, {10, 3, .0035}, {10, 5, .00033}, {20, 3, .00056}, {1, 1, .5}} {
		if got := SmallestP(c.baseline, c.candidate); math.Abs(got-c.want) > c.want/50 {
			t.Errorf("SmallestP(%d, %d) = %v, want %v", c.baseline, c.candidate, got, c.want)
		}
	}
	result, err := RankSum([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []float64{11, 12, 13}, 0)
	if err != nil || math.Abs(result.P-SmallestP(10, 3)) > 1e-15 || result.RankSum != 36 || len(result.Warnings) != 0 {
		t.Errorf("the largest difference: %+v, %v", result, err)
	}
}

func TestRankSumRaisesTheBaselineByTheMargin(t *testing.T) {
	baseline, candidate := []float64{100, 101, 102, 103}, []float64{108, 109, 109.5}
	plain, err := RankSum(baseline, candidate, 0)
	if err != nil {
		t.Fatal(err)
	}
	within, err := RankSum(baseline, candidate, .1)
	if err != nil {
		t.Fatal(err)
	}
	if plain.P > .03 || within.P < .9 {
		t.Errorf("p without margin %v, want at most 0.03; with 10 %% %v, want at least 0.9", plain.P, within.P)
	}
}

func TestRankSumWarnsInWords(t *testing.T) {
	few, err := RankSum([]float64{1, 2, 3}, []float64{9}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "3 baseline and 1 candidate runs cannot give p below 0.25, however large the difference: add runs"; len(few.Warnings) != 1 || few.Warnings[0] != want {
		t.Errorf("warnings %q, want %q", few.Warnings, want)
	}
	equal, err := RankSum([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []float64{0, 0, 0}, .1)
	if err != nil {
		t.Fatal(err)
	}
	if equal.P != 1 || len(equal.Warnings) != 1 || !strings.HasPrefix(equal.Warnings[0], "all values are equal") {
		t.Errorf("equal values: %+v", equal)
	}
}

func TestRankSumStaysExactForManyRuns(t *testing.T) {
	baseline, candidate := make([]float64, 60), make([]float64, 20)
	for i := range baseline {
		baseline[i] = float64(i)
	}
	for i := range candidate {
		candidate[i] = 100 + float64(i)
	}
	result, err := RankSum(baseline, candidate, 0)
	if err != nil || math.Abs(result.P/result.SmallestP-1) > 1e-9 {
		t.Errorf("%+v, %v: p is not the smallest", result, err)
	}
}

func TestRankSumRefusesWhatItCannotRank(t *testing.T) {
	one := []float64{1}
	for name, compare := range map[string]func() (RankSumResult, error){
		"no baseline":  func() (RankSumResult, error) { return RankSum(nil, one, 0) },
		"no candidate": func() (RankSumResult, error) { return RankSum(one, nil, 0) },
		"NaN":          func() (RankSumResult, error) { return RankSum(one, []float64{math.NaN()}, 0) },
		"margin":       func() (RankSumResult, error) { return RankSum(one, one, -.1) },
		"NaN margin":   func() (RankSumResult, error) { return RankSum(one, one, math.NaN()) },
		"negative":     func() (RankSumResult, error) { return RankSum([]float64{-1}, one, .1) },
		"too many":     func() (RankSumResult, error) { return RankSum(make([]float64, 2000), make([]float64, 2000), 0) },
	} {
		if result, err := compare(); err == nil {
			t.Errorf("%s: got %+v, want an error", name, result)
		}
	}
}
