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
	values               [][]float64 // of each metric, the baseline's before the candidates'
	order                [][]int     // the runs by their values
	kinds                []int       // of each metric
	kindSizes            []int

	// What one choice is scored with.
	chosen        []bool
	rest          []float64
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
		values := slices.Concat(m.Baseline, m.Candidates)
		order := make([]int, len(values))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
		s.values, s.order = append(s.values, values), append(s.order, order)
		kind, ok := known[m.Kind]
		if !ok {
			kind = len(s.kindSizes)
			known[m.Kind], s.kindSizes = kind, append(s.kindSizes, 0)
		}
		s.kindSizes[kind]++
		s.kinds = append(s.kinds, kind)
	}
	s.chosen = make([]bool, s.runs())
	s.rest = make([]float64, 0, s.runs())
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
	for m, values := range s.values {
		s.rest = s.rest[:0]
		for _, i := range s.order[m] {
			if !s.chosen[i] {
				s.rest = append(s.rest, values[i])
			}
		}
		middle, spread := winsorised(s.rest)
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
	freedom := s.freedom(len(s.rest))
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
		above := s.values[m][i] - s.middle[m]
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

// winsorised returns the middle and the spread of sorted values, without their extremes. The spread is scaled so that it is about the standard
// deviation of normal values (Tukey and McLaughlin 1963).
func winsorised(sorted []float64) (middle, spread float64) {
	n, g := len(sorted), extremes(len(sorted))
	inner := sorted[g : n-g]
	low, high := inner[0], inner[len(inner)-1]
	middle = float64(g) * (low + high)
	for _, v := range inner {
		middle += v
	}
	middle /= float64(n)
	square := func(v float64) float64 { return (v - middle) * (v - middle) }
	sum := float64(g) * (square(low) + square(high))
	for _, v := range inner {
		sum += square(v)
	}
	return middle, math.Sqrt(sum/float64(n-1)) / (1 - 2*float64(g)/float64(n))
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
	slices.Sort(rates)
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
