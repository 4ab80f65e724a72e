package stats

import "fmt"

// WindowsToFlag returns the number of windows after which Fleet names a member that
// lies beyond the margin in every one of them, at family level alpha. With windows
// of 2 s, say, 9 of them are 18 s of load.
func WindowsToFlag(members int, alpha float64) (int, error) {
	test, level, err := flagging(members, alpha)
	if err != nil {
		return 0, err
	}
	return alwaysHit(test, level), nil
}

// WindowsToFlagByRank returns the number of windows after which FleetRank names a
// member that has the largest value in every one of them, or the smallest, at family
// level alpha.
func WindowsToFlagByRank(members int, alpha float64) (int, error) {
	_, level, err := flagging(members, alpha)
	if err != nil {
		return 0, err
	}
	f, err := NewFleetRank(3)
	if err != nil {
		return 0, err
	}
	test := f.test
	test.Limit = 1 / float64(members)
	return alwaysHit(test, level), nil
}

// alwaysHit is the smallest number of windows that shows a member hit in all of them.
func alwaysHit(test Bernoulli, level float64) int {
	n := 1
	for !test.Shows(n, n, level) {
		n++
	}
	return n
}

// WindowsToFlagAt returns how many windows Fleet takes to name a member that lies
// beyond the margin in a share of them, above 0.5 and at most 1, if windows are
// independent and it looks after each.
func WindowsToFlagAt(members int, share, alpha, power float64) (StoppingTime, error) {
	test, level, err := flagging(members, alpha)
	if err != nil {
		return StoppingTime{}, err
	}
	return test.StoppingTime(share, level, power)
}

// WindowsToClear returns the number of windows after which Fleet.Cleared holds at
// level alpha for a member that lies beyond the margin in none of them.
func WindowsToClear(alpha float64) (int, error) {
	return fleetClearTest.SamplesToShow(0, 0, alpha)
}

// flagging is Fleet's test for one member and tail, and its share of the level. The
// tally only refuses fleets that are too small.
func flagging(members int, alpha float64) (Bernoulli, float64, error) {
	if _, err := newTally(min(members, 3), fleetTest); err != nil {
		return Bernoulli{}, 0, err
	}
	level := alpha / (2 * float64(members))
	if !(level > 0 && alpha < 1) {
		return Bernoulli{}, 0, fmt.Errorf("plan windows of %d members at level %v: must be between 0 and 1, and each member's part of it above 0", members, alpha)
	}
	return fleetTest, level, nil
}
