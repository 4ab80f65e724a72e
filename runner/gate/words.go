package gate

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// count rounds a large number for people: "162,754", "9 million". Everything above 10^15
// is "10^15".
func count(n float64) string {
	switch {
	case n >= 1e15:
		return "10^15"
	case n >= 1e9:
		return fmt.Sprintf("%.0f thousand million", n/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f million", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f,%03.0f", math.Floor(n/1000), math.Mod(math.Floor(n), 1000))
	default:
		return fmt.Sprintf("%.0f", n)
	}
}

// Seconds formats a latency in seconds: 0.0123 is "12.3ms", and NaN is "none".
func Seconds(s float64) string {
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return "none"
	}
	d := time.Duration(s * float64(time.Second))
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(time.Microsecond).String()
	}
}

// longest bounds the characters of a message in one line of a table, and
// longestAnnotation those of the description that a spec gives an assertion.
const (
	longest           = 300
	longestAnnotation = 200
)

// oneLine puts a message of several lines into one.
func oneLine(s string) string {
	return cut(strings.Join(strings.Fields(s), " "), longest)
}

// cut shortens a text to at most this many characters.
func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}
