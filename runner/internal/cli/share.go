package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// share is a flag that takes "10%" or "0.1".
type share float64

// String says the share in percent.
func (s *share) String() string { return strings.ReplaceAll(units.Percent(float64(*s)), " ", "") }

// Type names the flag's value in help.
func (s *share) Type() string { return "percent" }

// Set reads the flag. What is too large for a number is infinite: whoever checks the
// range of a share refuses that.
func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%q is neither a percentage such as 10%% nor a share such as 0.1", text)
	}
	if percent {
		v /= 100
	}
	*s = share(v)
	return nil
}
