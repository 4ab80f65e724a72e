package stats

import "math/rand/v2"

// mostChoices is the most choices of runs that are looked at one by one.
const mostChoices = 20_000

// eachChoice calls visit with every choice of k of n runs. If there are more than most, it
// takes most - 1 random ones and is not exhaustive. visit must not keep a choice.
func eachChoice(n, k, most int, visit func(choice []int)) (exhaustive bool) {
	choice := make([]int, k)
	if 1/SmallestP(n-k, k) > float64(most)*(1+1e-9) {
		random := rand.New(rand.NewPCG(20, 26)) // a fixed seed, so that the sample is always the same
		places := make([]int, n)
		for i := range places {
			places[i] = i
		}
		for range most - 1 {
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

// SmallestP returns the smallest P of an exact permutation test with these numbers of runs:
// one over the number of ways to choose the candidates among all. It is 1 when either number
// is below 1.
func SmallestP(baseline, candidate int) float64 {
	fewer, more := min(baseline, candidate), max(baseline, candidate)
	p := 1.0
	for i := 1; i <= fewer && p > 0; i++ {
		p *= float64(i) / (float64(more) + float64(i))
	}
	return p
}
