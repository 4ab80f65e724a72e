package units_test

import (
	"math"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

func TestNumbersAreFormattedForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{units.Percent(.05), "5 %"},
		{units.Percent(.1234), "12.3 %"},
		{units.Percent(.123456), "12.3 %"},
		{units.Chosen(.0005), "0.05 %"},
		{units.Percent(0), "0 %"},
		{units.Percent(1), "100 %"},
		{units.Percent(.0001), "0.01 %"},
		{units.Chosen(.9999999), "99.99999 %"},
		{units.Chosen(.1), "10 %"},
		{units.Plural(1, "run"), "1 run"},
		{units.Plural(0, "run"), "0 runs"},
		{units.Plural(uint64(1204), "packet"), "1,204 packets"},
		{units.Number(999), "999"},
		{units.Number(12_345_678), "12,345,678"},
		{units.Number(-123), "-123"},
		{units.Number(-1234), "-1,234"},
		{units.Number(uint64(math.MaxUint64)), "18,446,744,073,709,551,615"},
		{units.Bytes(0), "0 B"},
		{units.Bytes(1023), "1023 B"},
		{units.Bytes(1536), "1.5 KiB"},
		{units.Bytes(256 << 20), "256 MiB"},
		{units.Bytes(1 << 63), "8 EiB"},
		{units.Round(12345 * time.Microsecond).String(), "12.35ms"},
		{units.Round(1234567 * time.Microsecond).String(), "1.23s"},
		{units.Round(-1234567 * time.Microsecond).String(), "-1.23s"},
		{units.Round(999 * time.Nanosecond).String(), "999ns"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
