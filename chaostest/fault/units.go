package fault

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Share is a part of a whole, from 0 to 1. A spec writes 50*Percent for 0.5, with the
// constant of package matchers.
type Share float64

// String prints the share in per cent with all its digits: "0.1 %".
func (s Share) String() string {
	return units.Chosen(s)
}

func (s Share) validate(of string) error {
	switch {
	case !(s > 0):
		return fmt.Errorf("share %s of %s: must be above 0 %%: leave the fault out to do nothing", s, of)
	case s > 1:
		return fmt.Errorf("share %s of %s: must be at most 100 %%: write 0.8 for 80 %%", s, of)
	}
	return nil
}
