package cli

import (
	"fmt"
	"math"

	"github.com/spf13/pflag"
)

// within is a flag that refuses what lies outside its range as it is read. pflag says
// of which flag and which value that is.
type within struct {
	pflag.Value
	span  string
	holds func() bool
}

// bound gives a flag its range: in words that follow "must be", and as what holds once
// the flag is read. Write what holds so that it does not of NaN.
func bound(f *pflag.FlagSet, name, span string, holds func() bool) {
	flag := f.Lookup(name)
	flag.Value = within{flag.Value, span, holds}
}

// wholeFrom is the range of a number of things.
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
