package fault

import (
	"fmt"
	"strconv"
)

// Percent turns a number into a share: 50 * Percent is one half. It is an
// untyped constant, so it multiplies into every type that holds a share.
const Percent = 0.01

// Share is a part of a whole, from 0 to 1. Write it as 50 * Percent.
type Share float64

// String prints the share in per cent, with no digit lost: 0.1 % stays 0.1 %.
func (s Share) String() string {
	return strconv.FormatFloat(float64(s)*100, 'g', 6, 64) + " %"
}

func (s Share) validate(of string) error {
	switch {
	case !(s > 0):
		return fmt.Errorf("share %s of %s: must be above 0 %%: leave the fault out to do nothing", s, of)
	case s > 1:
		return fmt.Errorf("share %s of %s: must be at most 100 %%: write 80*fault.Percent for 80 %%", s, of)
	}
	return nil
}
