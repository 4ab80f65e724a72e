package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func comparePairs(t *testing.T, metrics ...PairMetric) RunsResult {
	t.Helper()
	result, err := ComparePairs(metrics)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// The expected values are counted by hand.
func TestComparePairsCountsFlips(t *testing.T) {
	for name, c := range map[string]struct {
		metrics []PairMetric
		want    []float64
	}{
		// Only the flip that changes nothing has a sum of 10.
		"all are worse": {[]PairMetric{{[]float64{1, 2, 3, 4}, 1}}, []float64{1. / 16}},
		// The sum is 8. Only 10 and 8 itself are as high.
		"one is better": {[]PairMetric{{[]float64{-1, 2, 3, 4}, 1}}, []float64{2. / 16}},
		// The sum is 4, of 10: as high are 10, 8, 6, and 4 twice, as 4+3-2-1 and 4-3+2+1.
		"some are better": {[]PairMetric{{[]float64{1, 2, -3, 4}, 1}}, []float64{5. / 16}},
		"all are better":  {[]PairMetric{{[]float64{-1, -2, -3, -4}, 1}}, []float64{1}},
		"no difference":   {[]PairMetric{{[]float64{0, 0, 0, 0}, 1}}, []float64{1}},
		// The score of the first is 1, of the second 2/4. The maximum is 1 also where all are
		// flipped in pairs 3 and 4, since the second metric is then worse in all pairs. Any flip
		// that is not half of one of these has a maximum of at least 2/4.
		"two metrics": {[]PairMetric{{[]float64{1, 1, 1, 1}, .1}, {[]float64{2, 2, -2, -2}, .1}}, []float64{2. / 16, 14. / 16}},
		// With the floor, the first has a score of 0.1. The second reaches that in the 5 flips
		// by which three or four pairs are worse.
		"a difference below the floor": {[]PairMetric{{[]float64{1, 1, 1, 1}, 10}, {[]float64{1, 1, 1, -1}, .1}}, []float64{5. / 16, 5. / 16}},
	} {
		result := comparePairs(t, c.metrics...)
		for m, want := range c.want {
			if got := result.Metrics[m].P; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: metric %d: P = %v of 16, want %v", name, m+1, 16*got, 16*want)
			}
		}
	}
}

func TestComparePairsSaysByHowMuch(t *testing.T) {
	got := comparePairs(t, PairMetric{[]float64{1, 2, 3, 4}, 1}).Metrics[0]
	// The standard deviation is sqrt(5/3), and the 95 % quantile of t with 3 degrees 2.353.
	reach := 2.353 * math.Sqrt(5./3) / 2
	if got.Shift != 2.5 || math.Abs(got.Low-2.5+reach) > .03 || math.Abs(got.High-2.5-reach) > .03 {
		t.Errorf("%+v, want 2.5 and %v more or less", got, reach)
	}
}

// With more pairs, flips are sampled. The P of a sample is close to that of all flips.
func TestComparePairsSamplesManyFlips(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	values := make([]float64, 13)
	for i := range values {
		values[i] = .5 + random.NormFloat64()
	}
	metric := PairMetric{values, .1}
	sampled := comparePairs(t, metric)
	all := 0
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	for n := range 1 << len(values) {
		flipped := 0.0
		for i, v := range values {
			if n>>i&1 == 1 {
				v = -v
			}
			flipped += v
		}
		if flipped >= sum-1e-9 {
			all++
		}
	}
	exact := float64(all) / float64(int(1)<<len(values))
	if got := sampled.Metrics[0].P; math.Abs(got-exact) > 5*math.Sqrt(exact/mostChoices) || sampled.SmallestP != 1./mostChoices {
		t.Errorf("P = %v, of all flips %v; the smallest P is %v", got, exact, sampled.SmallestP)
	}
	if again := comparePairs(t, metric); again.Metrics[0] != sampled.Metrics[0] {
		t.Errorf("%v, and again %v", sampled, again)
	}
}

// Of pairs that do not differ, at most alpha are called worse in any metric, at both looks
// together.
func TestComparePairsHoldsAlphaOverMetricsAndLooks(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	const trials, alpha = 3000, 0.05
	looks := PairLooks(10, alpha)
	alarms := 0
	for range trials {
		metrics := make([]PairMetric, 6)
		for range looks[len(looks)-1] {
			shared := random.NormFloat64()
			for m := range metrics {
				metrics[m].Differences = append(metrics[m].Differences, shared+random.NormFloat64()*random.ExpFloat64())
				metrics[m].Floor = .1
			}
		}
		for _, n := range looks {
			part := slices.Clone(metrics)
			for m := range part {
				part[m].Differences = part[m].Differences[:n]
			}
			if smallest(comparePairs(t, part...)) <= alpha/float64(len(looks)) {
				alarms++
				break
			}
		}
	}
	t.Logf("%d false alarms of %d", alarms, trials)
	if binomialTail(alarms, trials, alpha) < 1e-4 || alarms < trials/100 {
		t.Errorf("%d false alarms of %d at alpha %v", alarms, trials, alpha)
	}
}

func TestPairLooks(t *testing.T) {
	for _, c := range []struct {
		most  int
		alpha float64
		want  []int
	}{
		{12, .01, []int{8, 12}},
		{9, .01, []int{8, 9}},
		{8, .01, []int{8}},
		{7, .01, []int{7}},
		{6, .01, nil},
		{12, .05, []int{6, 12}},
		{12, .5, []int{4, 12}},
		{3, .5, nil},
		{100, .0001, []int{100}},
		{100, .00001, nil},
	} {
		if got := PairLooks(c.most, c.alpha); !slices.Equal(got, c.want) {
			t.Errorf("at most %d pairs, alpha %v: %v, want %v", c.most, c.alpha, got, c.want)
		}
	}
	for alpha, want := range map[float64]int{.01: 7, .05: 5, .5: 4, .0001: 13, .00001: 0} {
		if got := PairsNeeded(alpha); got != want {
			t.Errorf("alpha %v needs %d pairs, want %d", alpha, got, want)
		}
	}
}

func TestComparePairsRefusesWhatItCannotCompare(t *testing.T) {
	sound := PairMetric{[]float64{1, 2, 3, 4}, 1}
	for want, metrics := range map[string][]PairMetric{
		"there is no metric":                         nil,
		"compare 3 pairs: at least 4":                {{[]float64{1, 2, 3}, 1}},
		"metric 2 has 5 differences":                 {sound, {[]float64{1, 2, 3, 4, 5}, 1}},
		"metric 2 has the floor 0":                   {sound, {[]float64{1, 2, 3, 4}, 0}},
		"metric 1 has the difference NaN":            {{[]float64{1, 2, math.NaN(), 4}, 1}},
		"metric 1 has the difference -Inf":           {{[]float64{1, 2, math.Inf(-1), 4}, 1}},
		"metric 2 has the difference 1e+200: must b": {sound, {[]float64{1, 2, 3, 1e200}, 1}},
	} {
		if _, err := ComparePairs(metrics); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", metrics, err, want)
		}
	}
}
