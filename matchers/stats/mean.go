package stats

import (
	"fmt"
	"math"
)

// bets is how many bets a Mean spreads its capital over.
const bets = 10

// Mean is a betting e-process for the mean of a variable between -1 and 1, such as
// the difference of two shares (Waudby-Smith and Ramdas 2024, "Estimating means of
// bounded random variables by betting"). The null hypothesis is that,
// whatever came before, the mean of the next value is at most the bound (AboveLimit)
// or at least the bound (BelowLimit). The capital is spread once over a fixed
// grid of bets, from nearly all of it down to a 500th. A copy of a Mean is
// independent.
type Mean struct {
	side  Side
	bound float64
	// whole counts the values -1, 0 and 1, the differences of indicators. logs are the
	// logarithms of how much each bet's capital has grown by all other values.
	whole [3]int
	logs  [bets]float64
	n     int
	sum   float64
}

// NewMean returns a Mean that gathers evidence that the mean is above the bound, or
// below it. The bound lies between -1 and 1.
func NewMean(side Side, bound float64) (Mean, error) {
	switch {
	case !(bound > -1 && bound < 1):
		return Mean{}, fmt.Errorf("test mean against bound %v: must be between -1 and 1, both excluded", bound)
	case side != AboveLimit && side != BelowLimit:
		return Mean{}, fmt.Errorf("test mean on side %d: use AboveLimit or BelowLimit", side)
	}
	return Mean{side: side, bound: bound}, nil
}

// Add adds one value from -1 to 1. After any other value the evidence is NaN.
func (m *Mean) Add(g float64) {
	m.n++
	switch {
	case g == -1 || g == 0 || g == 1:
		m.whole[int(g)+1]++
	case g > -1 && g < 1:
		for i := range m.logs {
			m.logs[i] += m.logGrowth(i, g)
		}
	default:
		g = math.NaN()
	}
	m.sum += g
}

// logGrowth is the logarithm of the factor by which a value changes the capital of one bet.
func (m *Mean) logGrowth(i int, g float64) float64 {
	gain, most := g-m.bound, 1/(1+m.bound)
	if m.side == BelowLimit {
		gain, most = -gain, 1/(1-m.bound)
	}
	// The worst value loses a bet of most times the capital, so 0.99 of that can
	// never make it negative, nor zero.
	return math.Log1p(math.Ldexp(0.99*most, -i) * gain)
}

// LogE returns the natural logarithm of the e-value, 0 before the first value. It is
// finite, however many values there were.
func (m *Mean) LogE() float64 {
	if math.IsNaN(m.sum) {
		return m.sum
	}
	// A larger bet has a larger share: a claim that only a small bet shows takes so many
	// values that some more do not matter.
	logs, shares := m.logs, [bets]float64{}
	for i := range logs {
		shares[i] = -math.Log(float64(i + 1))
		logs[i] += shares[i]
		for g, times := range m.whole {
			logs[i] += float64(times) * m.logGrowth(i, float64(g-1))
		}
	}
	return logSum(logs[:]) - logSum(shares[:])
}

// N returns how many values there were.
func (m *Mean) N() int { return m.n }

// Mean returns their mean, NaN if there were none or one was not from -1 to 1.
func (m *Mean) Mean() float64 { return m.sum / float64(m.n) }
