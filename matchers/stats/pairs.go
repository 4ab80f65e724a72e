package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// PairMetric is what pairs of runs measured of one metric: of each pair, the candidate's
// value less the reference's. A higher value is worse, and a difference means the same
// everywhere on the scale: latencies are given as logarithms, and counts of failures as
// DevianceScores.
type PairMetric struct {
	Differences []float64
	// Floor is the least size of a difference that is believed, above 0. Few pairs, or rounded
	// values, may look steadier than they are.
	Floor float64
}

// FewestPairs is the fewest pairs that ComparePairs takes.
const FewestPairs = 4

// ComparePairs tests whether candidates are worse than references in any of several metrics.
// The two runs of a pair follow each other on the same machine, so what the machine does to
// both drops out of their difference.
//
// If the candidate is no worse, a difference is as likely to be above zero as below by as
// much, so each way to flip the signs of the pairs is equally likely. A flip stands out by
// its worst metric: by the mean of its differences, in units of their root mean square,
// which no flip changes. P is the share of flips that stand out as far. This is an exact
// test, and holds alpha over all metrics however they depend on each other, because a flip
// turns all metrics of a pair around (Westfall and Young 1993, Resampling-Based Multiple
// Testing). All 2^n flips are looked at, or of more than 12 pairs a random sample, the same
// one each time. So 8 pairs can reach 2^-8 = 0.39 %, and 12 pairs 2^-12 = 0.024 %: see
// PairLooks.
//
// The interval of a shift is by Student's t on the differences.
func ComparePairs(metrics []PairMetric) (RunsResult, error) {
	if err := checkPairs(metrics); err != nil {
		return RunsResult{}, err
	}
	pairs := len(metrics[0].Differences)
	f := newFlips(metrics)
	result := RunsResult{Metrics: make([]RunShift, len(metrics)), SmallestP: ReachablePairP(pairs)}
	observed := make([]float64, len(metrics))
	copy(observed, f.sums)
	chance := f.chance(observed)
	for m, metric := range metrics {
		mean, spread := meanAndSpread(metric.Differences)
		reach := studentQuantile95(float64(pairs-1)) * spread / math.Sqrt(float64(pairs))
		result.Metrics[m] = RunShift{P: chance(observed[m]), Shift: mean, Low: mean - reach, High: mean + reach}
	}
	return result, nil
}

// mostFlipped is up to how many pairs all flips are looked at.
const mostFlipped = 12

// ReachablePairP is the smallest P that ComparePairs gives for this number of pairs.
func ReachablePairP(pairs int) float64 {
	if pairs <= mostFlipped {
		return math.Ldexp(1, -pairs)
	}
	return 1. / mostChoices
}

// PairLooks are after how many pairs to look, if there are at most so many. Each look has
// an equal share of alpha, so that all together hold it (Bonferroni). The first is at the
// fewest pairs that can reach their share, and the last at the end. At alpha 1 % and 12
// pairs, the looks are at 8 and at 12 pairs with 0.5 % each: 8 pairs reach 2^-8 = 0.39 %.
// Where only the last look could show anything, it has all of alpha. If so many pairs cannot
// reach alpha at all, there is none.
func PairLooks(most int, alpha float64) []int {
	reaches := func(pairs int, share float64) bool {
		return pairs >= FewestPairs && ReachablePairP(pairs) <= share*(1+1e-9)
	}
	for first := FewestPairs; first < most; first++ {
		if reaches(first, alpha/2) {
			return []int{first, most}
		}
	}
	if reaches(most, alpha) {
		return []int{most}
	}
	return nil
}

// PairsNeeded is the fewest pairs that can reach alpha, or 0 if none do.
func PairsNeeded(alpha float64) int {
	for n := FewestPairs; n <= mostFlipped+1; n++ {
		if len(PairLooks(n, alpha)) > 0 {
			return n
		}
	}
	return 0
}

func checkPairs(metrics []PairMetric) error {
	if len(metrics) == 0 {
		return errors.New("compare pairs: there is no metric: give at least one")
	}
	pairs := len(metrics[0].Differences)
	if pairs < FewestPairs {
		return fmt.Errorf("compare %d pairs: at least %d are needed", pairs, FewestPairs)
	}
	for i, m := range metrics {
		if len(m.Differences) != pairs {
			return fmt.Errorf("compare pairs: metric %d has %d differences and the first has %d: all need the same pairs", i+1, len(m.Differences), pairs)
		}
		if !(m.Floor > 0) || math.IsInf(m.Floor, 0) {
			return fmt.Errorf("compare pairs: metric %d has the floor %v: must be above 0 and finite", i+1, m.Floor)
		}
		for _, d := range m.Differences {
			if math.IsNaN(d) || math.Abs(d) > mostValue {
				return fmt.Errorf("compare pairs: metric %d has the difference %v: must be a number from -%g to %g", i+1, d, mostValue, mostValue)
			}
		}
	}
	return nil
}

// flips says how far the ways to flip the signs of pairs stand out.
type flips struct {
	pairs int
	parts [][]float64 // of each pair, what it adds to the score of each metric
	sums  []float64   // the scores without a flip
}

func newFlips(metrics []PairMetric) *flips {
	f := &flips{pairs: len(metrics[0].Differences), sums: make([]float64, len(metrics))}
	f.parts = make([][]float64, f.pairs)
	for i := range f.parts {
		f.parts[i] = make([]float64, len(metrics))
	}
	for m, metric := range metrics {
		squares := 0.0
		for _, d := range metric.Differences {
			squares += d * d / float64(f.pairs)
		}
		scale := max(math.Sqrt(squares), metric.Floor) * float64(f.pairs)
		for i, d := range metric.Differences {
			f.parts[i][m] = d / scale
			f.sums[m] += d / scale
		}
	}
	return f
}

// chance returns the share of flips that stand out as far as a score.
func (f *flips) chance(observed []float64) func(score float64) float64 {
	var most []float64
	sums := make([]float64, len(observed))
	visit := func() {
		highest := math.Inf(-1)
		for _, s := range sums {
			highest = max(highest, s)
		}
		most = append(most, highest)
	}
	copy(sums, observed)
	visit()
	flipped := make([]bool, f.pairs)
	flip := func(pair int) {
		sign := -2.0
		if flipped[pair] {
			sign = 2
		}
		flipped[pair] = !flipped[pair]
		for m, part := range f.parts[pair] {
			sums[m] += sign * part
		}
	}
	if f.pairs <= mostFlipped {
		// Gray's code visits each way once, and flips one pair at each step.
		for n := 1; n < 1<<f.pairs; n++ {
			pair := 0
			for n>>pair&1 == 0 {
				pair++
			}
			flip(pair)
			visit()
		}
	} else {
		random := rand.New(rand.NewPCG(20, 26))
		for range mostChoices - 1 {
			for pair := range f.pairs {
				if random.IntN(2) == 1 {
					flip(pair)
				}
			}
			visit()
		}
	}
	slices.Sort(most)
	return func(score float64) float64 {
		// A tiny step down, for scores that differ by rounding alone.
		beyond := len(most) - sort.SearchFloat64s(most, score-1e-9)
		return float64(beyond) / float64(len(most))
	}
}

// meanAndSpread are the mean of values and their standard deviation.
func meanAndSpread(values []float64) (mean, spread float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		spread += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, math.Sqrt(spread)
}
