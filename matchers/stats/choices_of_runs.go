package stats

import "math/rand/v2"

const (
	// mostChoices is the most random choices of runs that are looked at.
	mostChoices = 10_000
	// allChoices is up to how many choices all are looked at.
	allChoices = 2_000
)

// eachChoice calls visit with every choice of k of n runs. visit must not keep a choice.
func eachChoice(n, k int, visit func(choice []int)) {
	choice := make([]int, k)
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
			return
		}
		choice[i]++
		for j := i + 1; j < k; j++ {
			choice[j] = choice[j-1] + 1
		}
	}
}

// randomChoices calls visit with random choices of k of n runs, the same ones each time,
// until it returns false, and at most so many times. visit must not keep a choice.
func randomChoices(n, k, most int, visit func(choice []int) bool) {
	random := rand.New(rand.NewPCG(20, 26))
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	for range most {
		for i := range k {
			j := i + random.IntN(n-i)
			places[i], places[j] = places[j], places[i]
		}
		if !visit(places[:k]) {
			return
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
