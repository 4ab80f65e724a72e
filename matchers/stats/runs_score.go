package stats

import (
	"cmp"
	"math"
	"slices"
)

// scores says how far choices of runs stand out in each metric.
type scores struct {
	metrics              []RunMetric
	baseline, candidates int
	sorted               []sortedRuns // of each metric
	kinds                []int        // of each metric
	kindSizes            []int

	// What one choice is scored with.
	chosen        []bool
	shift, spread []float64
	middle        []float64
	sums, squares []float64 // of the logarithms of the squared spreads, by kind
}

func newScores(metrics []RunMetric) *scores {
	s := &scores{
		metrics: metrics, baseline: len(metrics[0].Baseline), candidates: len(metrics[0].Candidates),
		shift: make([]float64, len(metrics)), spread: make([]float64, len(metrics)), middle: make([]float64, len(metrics)),
	}
	known := map[string]int{}
	for _, m := range metrics {
		s.sorted = append(s.sorted, sortRuns(slices.Concat(m.Baseline, m.Candidates)))
		kind, ok := known[m.Kind]
		if !ok {
			kind = len(s.kindSizes)
			known[m.Kind], s.kindSizes = kind, append(s.kindSizes, 0)
		}
		s.kindSizes[kind]++
		s.kinds = append(s.kinds, kind)
	}
	s.chosen = make([]bool, s.runs())
	s.sums, s.squares = make([]float64, len(s.kindSizes)), make([]float64, len(s.kindSizes))
	return s
}

func (s *scores) runs() int { return s.baseline + s.candidates }

// score sets how far a choice stands out in each metric, and returns the most. It also
// sets the shift and the spread of each metric.
func (s *scores) score(choice []int, into []float64) (most float64) {
	for _, i := range choice {
		s.chosen[i] = true
	}
	clear(s.sums)
	clear(s.squares)
	for m := range s.sorted {
		middle, spread := s.sorted[m].without(choice, s.chosen)
		spread = max(spread, s.metrics[m].Floor)
		s.middle[m], s.spread[m] = middle, spread
		log, kind := 2*math.Log(spread), s.kinds[m]
		s.sums[kind] += log
		s.squares[kind] += log * log
	}
	for _, i := range choice {
		s.chosen[i] = false
	}
	most = math.Inf(-1)
	freedom := s.freedom(s.runs() - len(choice))
	for m := range s.metrics {
		s.spread[m] = s.together(m, freedom)
		into[m] = s.outstanding(m, choice)
		most = max(most, into[m])
	}
	return most
}

// outstanding is how far the mean of a choice lies above the middle of the other runs, in
// units of their spread. Of several runs none counts for more than farthest, so that one bad
// run does not make a choice stand out.
func (s *scores) outstanding(m int, choice []int) float64 {
	sum, capped := 0.0, 0.0
	for _, i := range choice {
		above := s.sorted[m].values[i] - s.middle[m]
		sum += above
		capped += min(above/s.spread[m], farthest)
	}
	s.shift[m] = sum / float64(len(choice))
	if len(choice) == 1 {
		return s.shift[m] / s.spread[m]
	}
	return capped / float64(len(choice))
}

const farthest = 10

// together draws the spread of a metric towards the usual one of its kind: the more, the
// better the spreads of the kind agree.
func (s *scores) together(m int, freedom float64) float64 {
	kind, spread := s.kinds[m], s.spread[m]
	n := float64(s.kindSizes[kind])
	if n < 2 {
		return spread
	}
	usual := s.sums[kind] / n
	// By chance alone, the logarithm of a squared spread varies by about 2/freedom.
	varies := max((s.squares[kind]-n*usual*usual)/(n-1), 0)
	weight := float64(mostWeight)
	if beyond := varies - 2/freedom; beyond > 0 {
		weight = min(2/beyond, mostWeight)
	}
	return math.Sqrt((freedom*spread*spread + weight*math.Exp(usual)) / (freedom + weight))
}

// mostWeight is how many runs' worth of spread the other metrics of a kind can tell.
const mostWeight = 20

// freedom is how many values a spread of n runs stands for.
func (s *scores) freedom(n int) float64 { return float64(n - 1 - 2*extremes(n)) }

// extremes is how many values at each end count as the values next to them: one in fifteen.
func extremes(n int) int { return (n + 7) / 15 }

// sortedRuns is one metric of all runs, the baseline's before the candidates'. It knows the
// sums that the middle and the spread of most of them need.
type sortedRuns struct {
	values       []float64
	order        []int   // the runs by their values
	usual        float64 // the median, from which sums count, so that they keep their digits
	sum, squares float64
}

func sortRuns(values []float64) sortedRuns {
	r := sortedRuns{values: values, order: make([]int, len(values))}
	for i := range r.order {
		r.order[i] = i
	}
	slices.SortStableFunc(r.order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	r.usual = values[r.order[len(values)/2]]
	for _, v := range values {
		r.sum += v - r.usual
		r.squares += (v - r.usual) * (v - r.usual)
	}
	return r
}

// without returns the middle and the spread of the runs that are not chosen. Their extremes
// count as the values next to them. The spread is scaled so that it is about the standard
// deviation of normal values (Tukey and McLaughlin 1963).
func (r *sortedRuns) without(choice []int, chosen []bool) (middle, spread float64) {
	n := float64(len(r.values) - len(choice))
	g := extremes(len(r.values) - len(choice))
	sum, squares := r.sum, r.squares
	less := func(i int) {
		v := r.values[i] - r.usual
		sum -= v
		squares -= v * v
	}
	for _, i := range choice {
		less(i)
	}
	// The extremes are taken out at both ends, and the values next to them counted instead.
	low, high := 0, len(r.order)-1
	for left := g; chosen[r.order[low]] || left > 0; low++ {
		if !chosen[r.order[low]] {
			less(r.order[low])
			left--
		}
	}
	for left := g; chosen[r.order[high]] || left > 0; high-- {
		if !chosen[r.order[high]] {
			less(r.order[high])
			left--
		}
	}
	for _, i := range []int{r.order[low], r.order[high]} {
		v := r.values[i] - r.usual
		sum += float64(g) * v
		squares += float64(g) * v * v
	}
	variance := max(squares-sum*sum/n, 0) / (n - 1)
	return r.usual + sum/n, math.Sqrt(variance) / (1 - 2*float64(g)/n)
}

// winsorised is the middle and the spread of values, without their extremes.
func winsorised(values []float64) (middle, spread float64) {
	r := sortRuns(values)
	return r.without(nil, make([]bool, len(values)))
}

// DevianceScores are the values of counted failures in several runs, for CompareRuns: how
// far each count lies from the usual rate, in standard deviations (the signed root of the
// Poisson deviance, with a correction for continuity). A spread of 1 from run to run is
// what chance alone makes, so the metric's floor is 1. The counts are from 0 to the samples,
// which are at least 1.
func DevianceScores(failures, samples []int) []float64 {
	rates := make([]float64, len(failures))
	all := 0
	for i, n := range failures {
		rates[i] = float64(n) / float64(samples[i])
		all += samples[i]
	}
	usual, _ := winsorised(rates)
	usual += 0.5 / float64(all) // so that a rate of 0 has a distance
	values := make([]float64, len(failures))
	for i, n := range failures {
		expected := usual * float64(samples[i])
		seen := max(float64(n)-0.5, 0)
		twice := 2 * (expected - seen)
		if seen > 0 {
			twice = 2 * deviance(seen, expected, expected-seen)
		}
		values[i] = math.Copysign(math.Sqrt(max(twice, 0)), seen-expected)
	}
	return values
}
