package stats

import "math/rand/v2"

// mostChoices is how many choices of runs are looked at one by one.
const mostChoices = 20_000

// eachChoice calls visit with every choice of k of n runs. If there are more than
// mostChoices, it takes mostChoices - 1 random ones and is not exhaustive. visit must not
// keep a choice.
func eachChoice(n, k int, visit func(choice []int)) (exhaustive bool) {
	choice := make([]int, k)
	if 1/SmallestP(n-k, k) > mostChoices*(1+1e-9) {
		random := rand.New(rand.NewPCG(20, 26)) // a fixed seed, so that the sample is always the same
		places := make([]int, n)
		for i := range places {
			places[i] = i
		}
		for range mostChoices - 1 {
			for i := range k {
				j := i + random.IntN(n-i)
				places[i], places[j] = places[j], places[i]
			}
			visit(places[:k])
		}
		return false
	}
	for i := range choice {
		choice[i] = i
	}
	for {
		visit(choice)
		// The last place that can move moves, and all places after it follow.
		i := k - 1
		for i >= 0 && choice[i] == n-k+i {
			i--
		}
		if i < 0 {
			return true
		}
		choice[i]++
		for j := i + 1; j < k; j++ {
			choice[j] = choice[j-1] + 1
		}
	}
}

// ReachableP is the smallest P that CompareRuns gives for these numbers of runs.
func ReachableP(baseline, candidates int) float64 {
	return max(SmallestP(baseline, candidates), 1./mostChoices)
}
