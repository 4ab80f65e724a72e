package stats

import (
	"fmt"
	"slices"
)

// mostWork bounds an exact count to about a second on one processor.
const mostWork = 500_000_000

// sumsOfChoices returns, for every sum, the share of the choices of k ranks that have
// this sum. It counts choices by size and sum, as probabilities, so that no number of
// runs overflows them.
func sumsOfChoices(ranks []int, k int) ([]float64, error) {
	all := 0
	for _, r := range ranks {
		all += r
	}
	// The ranks that are not chosen are a choice as well: count the smaller of the two.
	if rest := len(ranks) - k; rest < k {
		share, err := sumsOfChoices(ranks, rest)
		slices.Reverse(share)
		return share, err
	}
	if work := float64(len(ranks)) * float64(k) * float64(all); work > mostWork {
		return nil, fmt.Errorf("compare runs: %d runs, %d of them on the smaller side, are too many to count exactly: use fewer", len(ranks), k)
	}
	// chosen[c][s] is the probability that a random sweep over the ranks so far,
	// taking each with its chance in a uniform choice of k, has c taken of sum s.
	chosen := make([][]float64, k+1)
	for c := range chosen {
		chosen[c] = make([]float64, all+1)
	}
	chosen[0][0] = 1
	reached := 0
	for i, r := range ranks {
		left := float64(len(ranks) - i)
		reached += r
		for c := min(i+1, k); c >= 0; c-- {
			stay := 1 - float64(k-c)/left
			for s := reached; s >= 0; s-- {
				p := chosen[c][s] * stay
				if c > 0 && s >= r {
					p += chosen[c-1][s-r] * float64(k-c+1) / left
				}
				chosen[c][s] = p
			}
		}
	}
	return chosen[k], nil
}
