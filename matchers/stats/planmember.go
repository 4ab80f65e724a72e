package stats

import (
	"fmt"
	"math"
)

// WindowsToFlag returns the number of windows, including those so far, after which
// a member is named at family level alpha if it differs from its peers in every later one.
func (t *tally) WindowsToFlag(member int, tail Tail, alpha float64) (int, error) {
	if err := checkPlan(t.has(member, tail), member, alpha); err != nil {
		return 0, err
	}
	need := math.Log(float64(2*t.Members()) / alpha)
	count := t.counts[tail][member]
	return fromWhere(t.windows, func(n int) bool { return t.test.LogE(count+n-t.windows, n) >= need }), nil
}

// WindowsToClear returns the number of windows, including those so far, after which
// Cleared holds at level alpha if the member lies beyond the margin in no later one.
func (f *Fleet) WindowsToClear(member int, tail Tail, alpha float64) (int, error) {
	if err := checkPlan(f.has(member, tail), member, alpha); err != nil {
		return 0, err
	}
	return fleetClearTest.SamplesToShow(f.counts[tail][member], f.windows, alpha)
}

// RequestsToClear returns the number of requests to a member, including those so far,
// after which Cleared holds at level alpha if no later request to the fleet fails.
func (f *FleetErrors) RequestsToClear(member int, alpha float64) (int, error) {
	if err := checkPlan(f.has(member), member, alpha); err != nil {
		return 0, err
	}
	return fromWhere(f.requests[member], func(n int) bool { return f.clears(member, n, alpha) }), nil
}

func checkPlan(has bool, member int, alpha float64) error {
	switch {
	case !has:
		return fmt.Errorf("plan for member %d of a fleet: there is none in this tail", member)
	case !(alpha > 0 && alpha < 1):
		return fmt.Errorf("plan for a member of a fleet at level %v: must be between 0 and 1", alpha)
	}
	return nil
}

// fromWhere is the smallest number from n on that is enough. All larger ones must be too.
func fromWhere(n int, enough func(int) bool) int {
	if enough(n) {
		return n
	}
	return n + least(func(more int) bool { return enough(n + more) })
}
