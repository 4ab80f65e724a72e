package stats

import (
	"fmt"
	"math"
)

// defaultConcentration makes a Dirichlet fast for differences of some tenths.
const defaultConcentration = 100

// Dirichlet is an e-process on whose each event is of several arms, such as the
// errors of the replicas of a service, or on its class. The null hypothesis is that,
// whatever came before, an event is arm i's with probability Shares[i]. The
// mixture over other shares is a Dirichlet prior with mean Shares.
type Dirichlet struct {
	// Shares are the arms' shares of events under the null hypothesis: at least
	// two, positive, with sum 1.
	Shares []float64
	// Concentration is how many events the prior is worth: the larger, the faster
	// for small differences and the slower for large ones. 0 means 100.
	Concentration float64
}

// Validate reports shares that are none or a concentration that is negative or
// not finite.
func (d Dirichlet) Validate() error {
	if len(d.Shares) < 2 {
		return fmt.Errorf("compare %d arms: at least two are needed", len(d.Shares))
	}
	sum := 0.0
	for i, share := range d.Shares {
		if !(share > 0 && share < 1) {
			return fmt.Errorf("compare arms: share %v of arm %d: must be between 0 and 1, both excluded", share, i)
		}
		sum += share
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("compare arms: the shares' sum is %v: must be 1", sum)
	}
	if !(d.Concentration >= 0) || math.IsInf(d.Concentration, 0) {
		return fmt.Errorf("compare arms with concentration %v: must be positive and finite, or 0 for %d", d.Concentration, defaultConcentration)
	}
	return nil
}

// LogE returns the natural logarithm of the e-value that the events are not shared
// out as under the null hypothesis, after events[i] events of arm i. It is 0 for no
// events, and NaN for counts that cannot be or a Dirichlet that does not validate.
//
// For events x, shares r and concentration k it is
// lnB(k r + x) - lnB(k r) - sum of x ln r, with B the multivariate beta function.
func (d Dirichlet) LogE(events []int) float64 {
	if d.Validate() != nil || len(events) != len(d.Shares) {
		return math.NaN()
	}
	k := d.Concentration
	if k == 0 {
		k = defaultConcentration
	}
	n := 0.0
	for _, x := range events {
		if x < 0 {
			return math.NaN()
		}
		n += float64(x)
	}
	logE := mixtureTotal(k) - mixtureTotal(k+n)
	for i, x := range events {
		share := d.Shares[i]
		logE += mixtureTerm(k*share+float64(x), (k+n)*share) - mixtureTerm(k*share, k*share)
	}
	return logE
}

// mixtureTerm and mixtureTotal are lnΓ(a) - a ln share and lnΓ(total), each less
// what cancels over the sum, so that neither large counts nor the rounding of
// shares lose digits.
func mixtureTerm(a, expected float64) float64 {
	return deviance(a, expected, expected-a) + stirlingError(a) - math.Log(a)/2
}

func mixtureTotal(total float64) float64 {
	return stirlingError(total) - math.Log(total)/2
}
