package stats

import "fmt"

// RateInterval returns the confidence sequence for a rate of which events of n
// samples tell: with probability at least 1-alpha it contains the rate at every
// look, if the rate is the same whatever came before. It is 0 to 1 for no samples.
//
// Each end inverts a Bernoulli e-process at alpha/2. Its prior is Beta(1/2, 1/2),
// which no rate and no number of samples is far from (Krichevsky and Trofimov
// 1981, "The performance of universal encoding"), cut to the rates on the other
// side of the end. It depends on no data, as a confidence sequence demands.
func RateInterval(events, n int, alpha float64) (low, high float64, err error) {
	switch {
	case events < 0 || n < events:
		return 0, 0, fmt.Errorf("estimate rate from %d events in %d samples: cannot be", events, n)
	case !(alpha > 0 && alpha < 1):
		return 0, 0, fmt.Errorf("estimate rate at level %v: must be between 0 and 1", alpha)
	}
	prior := Bernoulli{Limit: 0.5, A: 0.5, B: 0.5}
	low = prior.Bound(events, n, alpha/2)
	prior.Side = BelowLimit
	return low, prior.Bound(events, n, alpha/2), nil
}
