package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// share is a flag for a share of something. It takes "10%" or "0.1".
type share float64

// String is the share in percent.
func (s *share) String() string { return strings.ReplaceAll(units.Percent(float64(*s)), " ", "") }

// Type names the flag's value in the help.
func (s *share) Type() string { return "percent" }

// Set reads the flag. A number that is too large becomes infinite, and fails the check of
// the flag's range.
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

// within is a flag with a range. It refuses a value outside the range when the flag is
// read; pflag adds the names of the flag and the value to the error.
type within struct {
	pflag.Value
	span  string
	holds func() bool
}

// bound gives a flag a range. span describes it in words that follow "must be", and holds
// checks the variable that the flag has set. holds must be false for NaN.
//
//	bound(f, "rate", "above 0 % and below 100 %, such as 1%", func() bool { return rate > 0 && rate < 1 })
func bound(f *pflag.FlagSet, name, span string, holds func() bool) {
	flag := f.Lookup(name)
	flag.Value = within{flag.Value, span, holds}
}

// wholeFrom describes the range of a count.
func wholeFrom(least int) string {
	return fmt.Sprintf("a whole number from %d to %d", least, math.MaxInt)
}

// Set reads the flag.
func (w within) Set(text string) error {
	if err := w.Value.Set(text); err != nil || !w.holds() {
		return fmt.Errorf("must be %s", w.span)
	}
	return nil
}
