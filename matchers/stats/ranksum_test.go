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

// rankP is the share of choices of runs whose ranks are as high as the candidate's.
func rankP(baseline, candidate []float64, margin float64) (float64, error) {
	values := make([]float64, 0, len(baseline)+len(candidate))
	for _, v := range baseline {
		values = append(values, v*raised(margin))
	}
	m, err := newMetricOfRuns(append(values, candidate...), len(candidate), 1, map[string][]float64{})
	if err != nil {
		return 0, err
	}
	places := make([]int, len(candidate))
	for i := range places {
		places[i] = len(baseline) + i
	}
	return m.p(places), nil
}

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
		name      string
		of, among []float64
		want      float64
	}{{"higher", candidate, baseline, high}, {"lower", baseline, candidate, low}} {
		got, err := rankP(c.among, c.of, 0)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v against %v: %s p %v, want %v", candidate, baseline, c.name, got, c.want)
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

func TestRankSumKnowsItsSmallestP(t *testing.T) {
	for _, c := range []struct {
		baseline, candidate int
		want                float64
	}{{10, 1, .0909}, {10, 2, .0152}, {10, 3, .0035}, {10, 5, .00033}, {20, 3, .00056}, {1, 1, .5}} {
		if got := SmallestP(c.baseline, c.candidate); math.Abs(got-c.want) > c.want/50 {
			t.Errorf("SmallestP(%d, %d) = %v, want %v", c.baseline, c.candidate, got, c.want)
		}
	}
	p, err := rankP([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []float64{11, 12, 13}, 0)
	if err != nil || math.Abs(p-SmallestP(10, 3)) > 1e-15 {
		t.Errorf("the largest difference: %v, %v", p, err)
	}
}

func TestRankSumRaisesTheBaselineByTheMargin(t *testing.T) {
	baseline, candidate := []float64{100, 101, 102, 103}, []float64{108, 109, 109.5}
	plain, err := rankP(baseline, candidate, 0)
	if err != nil {
		t.Fatal(err)
	}
	within, err := rankP(baseline, candidate, .1)
	if err != nil {
		t.Fatal(err)
	}
	if plain > .03 || within < .9 {
		t.Errorf("p without margin %v, want at most 0.03; with 10 %% %v, want at least 0.9", plain, within)
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
	if p, err := rankP(baseline, candidate, 0); err != nil || math.Abs(p/SmallestP(60, 20)-1) > 1e-9 {
		t.Errorf("%v, %v: p is not the smallest", p, err)
	}
	// The smaller side is counted, so that either may be the large one.
	if p, err := rankP(slices.Repeat(baseline, 5), candidate[:3], 0); err != nil || math.Abs(p/SmallestP(300, 3)-1) > 1e-9 {
		t.Errorf("%v, %v: p is not the smallest", p, err)
	}
	if p, err := rankP(make([]float64, 2000), make([]float64, 2000), 0); err == nil {
		t.Errorf("too many: %v", p)
	}
}

// 1.15 and 1.2 are a little less in binary, and rounded values are just the margin apart.
func TestADifferenceOfTheMarginIsNotMore(t *testing.T) {
	for _, c := range []struct{ usual, now, margin float64 }{{100, 115, .15}, {3, 3.6, .2}, {.1, .115, .15}, {100, 110, .1}, {.02, .025, .25}} {
		usual, now := slices.Repeat([]float64{c.usual}, 10), slices.Repeat([]float64{c.now}, 3)
		if p, err := rankP(usual, now, c.margin); err != nil || p < .5 {
			t.Errorf("%+v: rank sum p %v, %v", c, p, err)
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

func TestSmallestPOfManyRunsIsFast(t *testing.T) {
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

func TestMarginsWithAnInfiniteFactor(t *testing.T) {
	const huge = math.MaxFloat64
	_, runs := CompareRuns([][]float64{{0}}, [][]float64{{1}}, huge, []float64{1})
	_, fleet := NewFleet(3, huge, 0)
	_, latency := NewLatency(huge, 0)
	for name, err := range map[string]error{"runs": runs, "fleet": fleet, "latency": latency} {
		if err == nil || !strings.Contains(err.Error(), "margin 1.797") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
