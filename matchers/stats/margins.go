package stats

import "math"

// raised is the factor of a margin. It is larger than 1+margin by a possible rounding
// error, so that rounded values that differ by just the margin never differ by more.
func raised(margin float64) float64 {
	if margin == 0 {
		return 1
	}
	return (1 + margin) * (1 + 1e-12)
}

// usable reports whether a margin is valid and its factor finite.
func usable(margin float64) bool { return margin >= 0 && !math.IsInf(raised(margin), 1) }

// lifted is a value plus a floor, with the same allowance.
func lifted(v, floor float64) float64 {
	if floor == 0 {
		return v
	}
	return (v + floor) * (1 + 1e-12)
}
