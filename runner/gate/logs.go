package gate

import (
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// At most so many services are quoted in short, with so many characters of a line.
const (
	quotedLogs   = 3
	longestQuote = 120
)

// telling quotes a line of the log of each service, of what was probed first, because that
// is where the failure was seen. If the spec was attempted several times, the last attempt
// counts.
func telling(s Spec) []string {
	var last []record.Log
	for _, l := range slices.Backward(s.Logs) {
		if !slices.ContainsFunc(last, func(o record.Log) bool { return o.Service == l.Service }) {
			last = append(last, l)
		}
	}
	slices.Reverse(last)
	slices.SortStableFunc(last, func(a, b record.Log) int { return rank(a) - rank(b) })
	var quotes []string
	for _, l := range last {
		if quote := inShort(l); quote != "" && len(quotes) < quotedLogs {
			quotes = append(quotes, quote)
		}
	}
	return quotes
}

func rank(l record.Log) int {
	if slices.Contains(l.Roles, record.Probed) {
		return 0
	}
	return 1
}

// inShort is what the log of a service says in a few words, or empty if it says nothing.
func inShort(l record.Log) string {
	if l.Missing != "" {
		return cut(fmt.Sprintf("no log of %s: %s", l.Service, l.Missing), longestQuote)
	}
	line, under := l.Telling()
	before := len(l.Faults) > 0 && line.At.Before(l.Faults[0].From)
	if line.At.IsZero() || before {
		return "" // what it wrote before the faults says little about the failure
	}
	when := "last"
	if under {
		when = "last under the fault"
	}
	return fmt.Sprintf("%s wrote %s, at %s: %q", l.Service, when, line.At.Format(record.ClockTime), cut(line.Text, longestQuote))
}
