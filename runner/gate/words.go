package gate

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// count says a large number that nobody needs exactly, and no more than 10^15 of
// what is beyond all experience.
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

// Seconds says a latency: 0.0123 is "12.3ms", and NaN "none".
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

// longest is how much of a message fits one line of a table, and longestAnnotation
// how much of what a spec says of an assertion.
const (
	longest           = 300
	longestAnnotation = 100
)

// oneLine says a message of several lines in one.
func oneLine(s string) string {
	return cut(strings.Join(strings.Fields(s), " "), longest)
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}
