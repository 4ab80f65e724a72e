// Package units formats numbers for people, in the same way everywhere.
package units

import (
	"fmt"
	"strconv"
	"time"
)

// Percent formats a measured share with three digits: 0.1234 is "12.3 %".
func Percent(share float64) string { return percent(share, 3) }

// Chosen formats a share that a person chose, with all its digits: 0.0005 is "0.05 %".
func Chosen[S ~float64](share S) string { return percent(float64(share), 10) }

func percent(share float64, digits int) string {
	return strconv.FormatFloat(share*100, 'g', digits, 64) + " %"
}

// Number groups digits: 1204 is "1,204".
func Number[N int | uint64](n N) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Plural formats a count of things: "1 sample", "2 samples", "1,204 samples".
func Plural[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// Bytes formats an amount of memory: "512 B", "1.5 MiB".
func Bytes(n uint64) string {
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + " B"
	}
	v, names := float64(n), "KMGTPE"
	i := -1
	for v >= 1<<10 && i+1 < len(names) {
		v /= 1 << 10
		i++
	}
	return fmt.Sprintf("%.4g %ciB", v, names[i])
}

// Round rounds a duration to three digits: 12.345ms is 12.35ms, and 1.234567s is 1.23s.
func Round(d time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit || d <= -unit {
			return d.Round(unit / 100)
		}
	}
	return d
}
