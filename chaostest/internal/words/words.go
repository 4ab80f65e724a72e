// Package words says numbers the way people read them, the same everywhere.
package words

import (
	"fmt"
	"strconv"
)

// Number prints 1204 as "1,204".
func Number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Count prints "1 packet" and "1,204 packets".
func Count(n uint64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + one + "s"
}

// Bytes prints a size with one digit, in the largest binary unit that is not
// larger: "999 B", "4.4 KiB", "512.0 MiB".
func Bytes(n uint64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/1024, 0
	for size >= 1023.95 && unit < len(units)-1 { // which would be printed as 1024.0
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// Percent prints a part of a whole with one digit: "12.5 %".
func Percent(part, whole uint64) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
