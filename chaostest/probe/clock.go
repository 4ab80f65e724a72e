package probe

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// parseClock reads a time in one of the forms of ClockFrom. Its digits show how fine
// the clock is.
func parseClock(text string) (says time.Time, resolution time.Duration, err error) {
	if says, ok := sinceEpoch(text); ok {
		return says.time, says.resolution, nil
	}
	if says, err := time.Parse(time.RFC3339Nano, text); err == nil {
		_, fraction, _ := strings.Cut(text, ".")
		digits := strings.IndexFunc(fraction, notDigit)
		return says, unit(max(digits, 0)), nil
	}
	if says, err := http.ParseTime(text); err == nil {
		return says, time.Second, nil
	}
	return time.Time{}, 0, fmt.Errorf("%q is not a time: write an RFC 3339 time, an HTTP date, or seconds, milliseconds, microseconds or nanoseconds since 1970", excerpt(text))
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// unit is 10 to the power of -digits seconds, but at least a nanosecond.
func unit(digits int) time.Duration {
	return time.Duration(math.Pow10(9 - min(digits, 9)))
}

type instant struct {
	time       time.Time
	resolution time.Duration
}

// secondsDigits is the number of digits of the seconds since 1970, from 2001 to 2286.
const secondsDigits = 10

// sinceEpoch reads 1700000000, with 3, 6 or 9 more digits, or with a fraction.
func sinceEpoch(text string) (instant, bool) {
	whole, fraction, decimal := strings.Cut(text, ".")
	if strings.ContainsFunc(whole+fraction, notDigit) || len(whole) < secondsDigits || decimal && len(whole) > secondsDigits {
		return instant{}, false
	}
	whole, more := whole[:secondsDigits], whole[secondsDigits:]
	switch len(more) {
	case 0:
		more = fraction
	case 3, 6, 9:
	default:
		return instant{}, false
	}
	more = more[:min(len(more), 9)]
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return instant{}, false
	}
	nanoseconds, err := strconv.ParseInt(more+strings.Repeat("0", 9-len(more)), 10, 64)
	if err != nil {
		return instant{}, false
	}
	return instant{time.Unix(seconds, nanoseconds), unit(len(more))}, true
}
