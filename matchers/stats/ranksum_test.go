package stats

import (
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// enumerate counts, over all choices of the candidate's places, those whose
// mid-ranks sum to at least, and to at most, the observed sum.
func enumerate(baseline, candidate []float64) (atLeast, atMost float64) {
	all := append(append([]float64{}, baseline...), candidate...)
	ranks := make([]float64, len(all))
	for i := range all {
		ranks[i] = 0.5
		for _, v := range all {
			switch {
			case v < all[i]:
				ranks[i]++
			case v == all[i]:
				ranks[i] += 0.5
			}
		}
	}
	observed := 0.0
	for _, r := range ranks[len(baseline):] {
		observed += r
	}
	choices, high, low := 0, 0, 0
	for set := range 1 << len(all) {
		if bits.OnesCount(uint(set)) != len(candidate) {
			continue
		}
		sum := 0.0
		for i, r := range ranks {
			if set>>i&1 == 1 {
				sum += r
			}
		}
		choices++
		if sum >= observed {
			high++
		}
		if sum <= observed {
			low++
		}
	}
	return float64(high) / float64(choices), float64(low) / float64(choices)
}

func checkAgainstEnumeration(t *testing.T, baseline, candidate []float64) {
	t.Helper()
	high, low := enumerate(baseline, candidate)
	for _, c := range []struct {
		name string
		test func([]float64, []float64, float64) (RankSumResult, error)
		want float64
	}{{"higher", RankSum, high}, {"lower", RankSumLower, low}, {"two-sided", RankSumTwoSided, math.Min(1, 2*math.Min(high, low))}} {
		got, err := c.test(baseline, candidate, 0)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.P-c.want) > 1e-12 {
			t.Errorf("%v against %v: %s p %v, want %v", candidate, baseline, c.name, got.P, c.want)
		}
	}
}

// Every pattern of ties that up to seven runs can have, infinities among them.
func TestRankSumEqualsEnumerationForAllTies(t *testing.T) {
	letters := []float64{0, 2, 3, math.Inf(1)}
	for n := 2; n <= 7; n++ {
		values, ways := make([]float64, n), 1
		for range n {
			ways *= len(letters)
		}
		for word := range ways {
			for i, w := 0, word; i < n; i, w = i+1, w/len(letters) {
				values[i] = letters[w%len(letters)]
			}
			for k := 1; k < n; k++ {
				// Only one order of a side's values: ranks do not see it.
				if slices.IsSorted(values[:k]) && slices.IsSorted(values[k:]) {
					checkAgainstEnumeration(t, values[:k], values[k:])
				}
			}
		}
	}
}

func TestRankSumEqualsEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for k := 1; k <= 8; k++ {
		for m := 1; m <= 6; m++ {
			for _, distinct := range []int{1, 2, 3, 5, 1000} {
				baseline, candidate := make([]float64, k), make([]float64, m)
				for _, values := range [][]float64{baseline, candidate} {
					for i := range values {
						values[i] = float64(random.IntN(distinct))
					}
				}
				checkAgainstEnumeration(t, baseline, candidate)
			}
		}
	}
}

func TestRankSumOfTheOtherSidesAddUp(t *testing.T) {
	baseline, candidate := []float64{1, 5, 9, 9}, []float64{2, 3, 9}
	higher, err := RankSum(baseline, candidate, 0)
	if err != nil {
		t.Fatal(err)
	}
	lower, err := RankSumLower(baseline, candidate, 0)
	if err != nil {
		t.Fatal(err)
	}
	// 1 2 3 5 9 9 9: the candidate's ranks are 2, 3 and 6.
	if higher.RankSum != 11 || lower.RankSum != 11 || higher.Lower || !lower.Lower {
		t.Errorf("higher %+v, lower %+v: want rank sum 11 in both", higher, lower)
	}
	both, err := RankSumTwoSided(baseline, candidate, 0)
	if err != nil || !both.Lower || both.RankSum != 11 || both.P != 2*lower.P || both.SmallestP != 2*lower.SmallestP {
		t.Errorf("two-sided %+v, %v: want the lower side's", both, err)
	}
}

func TestRankSumTwoSidedAllowsAFactorEitherWay(t *testing.T) {
	baseline := []float64{100, 101, 102, 103, 104}
	for _, c := range []struct {
		factor, margin float64
		differs        bool
	}{{1.08, .1, false}, {1 / 1.08, .1, false}, {1.2, .1, true}, {1 / 1.2, .1, true}, {1.08, 0, true}, {1 / 1.08, 0, true}} {
		candidate := make([]float64, len(baseline))
		for i, v := range baseline {
			candidate[i] = v * c.factor
		}
		got, err := RankSumTwoSided(baseline, candidate, c.margin)
		if err != nil || got.P < .01 != c.differs || c.differs && got.Lower != (c.factor < 1) {
			t.Errorf("%+v: %+v, %v", c, got, err)
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
	if got := SmallestPTwoSided(10, 3); got != 2*SmallestP(10, 3) || SmallestPTwoSided(1, 0) != 1 {
		t.Errorf("SmallestPTwoSided(10, 3) = %v", got)
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

func TestRankSumLowerWarnsOfTheRightSides(t *testing.T) {
	few, err := RankSumLower([]float64{1, 2, 3}, []float64{9}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "3 baseline and 1 candidate runs cannot give p below 0.25, however large the difference: add runs"; len(few.Warnings) != 1 || few.Warnings[0] != want || few.P != 1 {
		t.Errorf("%+v, want %q", few, want)
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
	// The smaller side is counted, so that either may be the large one.
	if result, err = RankSumLower(candidate[:3], slices.Repeat(baseline, 5), 0); err != nil || math.Abs(result.P/SmallestP(300, 3)-1) > 1e-9 {
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
		"lower":        func() (RankSumResult, error) { return RankSumLower(one, []float64{-1}, .1) },
		"two-sided":    func() (RankSumResult, error) { return RankSumTwoSided(one, nil, 0) },
		"too many":     func() (RankSumResult, error) { return RankSum(make([]float64, 2000), make([]float64, 2000), 0) },
	} {
		if result, err := compare(); err == nil {
			t.Errorf("%s: got %+v, want an error", name, result)
		}
	}
}

// 1.15 and 1.2 are a little less in binary, and rounded values are just the margin apart.
func TestADifferenceOfTheMarginIsNotMore(t *testing.T) {
	for _, c := range []struct{ usual, now, margin float64 }{{100, 115, .15}, {3, 3.6, .2}, {.1, .115, .15}, {100, 110, .1}, {.02, .025, .25}} {
		usual, now := slices.Repeat([]float64{c.usual}, 10), slices.Repeat([]float64{c.now}, 3)
		if result, err := RankSum(usual, now, c.margin); err != nil || result.P < .5 {
			t.Errorf("%+v: rank sum %+v, %v", c, result, err)
		}
		fleet, err := NewFleet(3, c.margin, 0)
		if err != nil {
			t.Fatal(err)
		}
		latency := mustLatency(t, c.margin, 0)
		for range 100 {
			if err := errors.Join(fleet.Add([]float64{c.usual, c.usual, c.now}), fleet.Add([]float64{c.now, c.now, c.usual})); err != nil {
				t.Fatal(err)
			}
			addPair(t, &latency, c.now, c.usual)
		}
		if outliers := fleet.Outliers(.05); len(outliers) > 0 || latency.LogE() > 0 {
			t.Errorf("%+v: outliers %v, log e-value of latencies %v", c, outliers, latency.LogE())
		}
	}
	latency := mustLatency(t, 0, .1)
	for range 100 {
		addPair(t, &latency, .3, .2)
		addPair(t, &latency, .8, .7)
	}
	if latency.LogE() > 0 {
		t.Errorf("a floor: log e-value %v", latency.LogE())
	}
}

func TestSmallestPOfManyRunsIsToldAtOnce(t *testing.T) {
	for _, c := range []struct{ baseline, candidate int }{{5, math.MaxInt}, {math.MaxInt, 5}, {math.MaxInt, math.MaxInt}} {
		if p := SmallestP(c.baseline, c.candidate); !(p < 1e-90) {
			t.Errorf("%+v: %v", c, p)
		}
	}
	for _, none := range []int{0, -3, math.MinInt} {
		if SmallestP(none, 5) != 1 || SmallestP(5, none) != 1 {
			t.Errorf("%d runs: %v, %v", none, SmallestP(none, 5), SmallestP(5, none))
		}
	}
}

func TestMarginsWhoseFactorIsNoNumber(t *testing.T) {
	const huge = math.MaxFloat64
	_, ranks := RankSum([]float64{0, 0}, []float64{1, 1}, huge)
	_, runs := CompareRuns([][]float64{{0}}, [][]float64{{1}}, huge)
	_, fleet := NewFleet(3, huge, 0)
	_, latency := NewLatency(huge, 0)
	for name, err := range map[string]error{"ranks": ranks, "runs": runs, "fleet": fleet, "latency": latency} {
		if err == nil || !strings.Contains(err.Error(), "margin 1.797") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
