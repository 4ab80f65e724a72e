package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
)

// permuted returns the share of choices that stand out as far as a score. It looks at all
// choices, or at so many random ones, or until
// fewAsFar of them stand out as far as the highest score: then P is large enough to be known well (Besag and Clifford 1991, doi.org/10.1093/biomet/78.2.301).
func (s *scores) permuted(observed []float64, most int) func(score float64) float64 {
	sorted := slices.Sorted(slices.Values(observed))
	as := make([]int, len(sorted)+1) // as[i] counts the choices that reach exactly i of the scores
	into, n := make([]float64, len(s.metrics)), 0
	visit := func(choice []int) {
		n++
		// A tiny step up, for scores that differ by rounding alone.
		score := s.score(choice, into)
		score += 1e-9 * math.Abs(score)
		as[sort.Search(len(sorted), func(i int) bool { return sorted[i] > score })]++
	}
	if SmallestP(s.baseline, s.candidates)*allChoices >= 1 {
		eachChoice(s.runs(), s.candidates, visit)
	} else {
		randomChoices(s.runs(), s.candidates, most, func(choice []int) bool {
			visit(choice)
			return as[len(sorted)] < fewAsFar
		})
		if as[len(sorted)] < fewAsFar { // the candidates themselves are a choice as well
			n++
			as[len(sorted)]++
		}
	}
	return func(score float64) float64 {
		first := sort.SearchFloat64s(sorted, score)
		count := 0
		for _, c := range as[first+1:] {
			count += c
		}
		return float64(count) / float64(n)
	}
}

// fewAsFar is how many choices that stand out as far are enough.
const fewAsFar = 10

// mostChoices is how many random choices are looked at: fewer where each is much work.
func (s *scores) mostChoices() int {
	const work = 60_000_000
	return min(max(work/(s.runs()*len(s.metrics)), allChoices), mostChoices) - 1
}

// FewestForOne is how many baseline runs one candidate needs.
const FewestForOne = 10

// predicted returns the probability that one more run stands out as far as a score.
func (s *scores) predicted() func(score float64) float64 {
	if s.baseline < FewestForOne {
		return func(float64) float64 { return 1 }
	}
	into := make([]float64, len(s.metrics))
	most := make([]float64, s.baseline)
	for i := range most {
		most[i] = s.score([]int{i}, into)
	}
	middle, spread := winsorised(most)
	spread = max(spread, leastSpreadOfScores)
	drawn := maximaOf(min(s.baseline, mostMaxima))
	return func(score float64) float64 {
		beyond := len(drawn) - sort.SearchFloat64s(drawn, (score-middle)/spread)
		return float64(beyond+1) / float64(len(drawn)+1)
	}
}

const (
	// leastSpreadOfScores is the least spread of the scores of healthy runs that is
	// believed. That of the largest of many normal values is about 0.3.
	leastSpreadOfScores = 0.3
	// maximaDrawn is from how many drawings the distribution of a score is known.
	maximaDrawn = 20_000
	// mostMaxima is the number of runs from which on more do not make it narrower.
	mostMaxima = 40
)

var maxima sync.Map // of sorted distances, by the number of runs

// maximaOf returns how far one Gumbel value lies above the middle of n others, in units of
// their spread: maximaDrawn drawings, sorted, the same ones each time.
func maximaOf(n int) []float64 {
	if known, ok := maxima.Load(n); ok {
		return known.([]float64)
	}
	random := rand.New(rand.NewPCG(26, uint64(n)))
	gumbel := func() float64 { return -math.Log(random.ExpFloat64()) }
	drawn, others := make([]float64, maximaDrawn), make([]float64, n)
	for i := range drawn {
		for j := range others {
			others[j] = gumbel()
		}
		middle, spread := winsorised(others)
		drawn[i] = (gumbel() - middle) / spread
	}
	slices.Sort(drawn)
	maxima.Store(n, drawn)
	return drawn
}

// studentQuantile95 is the 95 % quantile of Student's t, by its expansion around the
// normal one (Abramowitz and Stegun 26.7.5). It is right to 2 % from three degrees of freedom on.
func studentQuantile95(freedom float64) float64 {
	const z = 1.6448536269514722
	n := max(freedom, 1)
	z3, z5, z7 := z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*n) + (5*z5+16*z3+3*z)/(96*n*n) + (3*z7+19*z5+17*z3-15*z)/(384*n*n*n)
}
