package record

import (
	"slices"
	"time"
)

// Logs is what the services concerned wrote while a spec ran that failed.
type Logs struct {
	Schema   int    `json:"schema"`
	Spec     string `json:"spec"`
	Services []Log  `json:"services"`
}

// Log is what one service wrote.
type Log struct {
	Service string `json:"service"`
	// Roles are what the service was in the spec: the target of a fault, a peer in its
	// filter, or probed.
	Roles []Role `json:"roles"`
	// Since is when the spec began.
	Since time.Time `json:"since,omitzero"`
	// Lines are the last ones of each span: before, under and after each fault.
	Lines []LogLine `json:"lines,omitempty"`
	// Faults are those of the spec, on any service.
	Faults []LogFault `json:"faults,omitempty"`
	// Missing says why the log could not be read.
	Missing string `json:"missing,omitempty"`
}

// Role is what a service was in a spec.
type Role string

// The roles.
const (
	Targeted Role = "target"
	Peered   Role = "peer"
	Probed   Role = "probed"
)

// LogLine is a line of a log. Its text has no control characters.
type LogLine struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	// LeftOut counts the lines before this one that were left out. If More is set there were
	// more, which were not read.
	LeftOut int  `json:"leftOut,omitempty"`
	More    bool `json:"more,omitempty"`
}

// LogFault is when a fault was live. To is zero if it still was when the log was read.
type LogFault struct {
	Fault string    `json:"fault"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"`
}

// Telling is the last line that the service wrote while a fault was live, or else its last
// line.
func (l Log) Telling() (line LogLine, under bool) {
	for _, line := range slices.Backward(l.Lines) {
		if slices.ContainsFunc(l.Faults, func(f LogFault) bool {
			return !line.At.Before(f.From) && (f.To.IsZero() || !line.At.After(f.To))
		}) {
			return line, true
		}
	}
	if n := len(l.Lines); n > 0 {
		return l.Lines[n-1], false
	}
	return LogLine{}, false
}

// KeepLines keeps at most so many of the lines, which are in the order of time: the last ones
// of each span between the beginnings and ends of faults, of later spans first.
func (l *Log) KeepLines(lines []LogLine, most int) {
	marks := l.marks()
	spans := make([][]LogLine, 1, len(marks)+1)
	for _, line := range lines {
		for len(marks) > 0 && !line.At.Before(marks[0].At) {
			spans, marks = append(spans, nil), marks[1:]
		}
		spans[len(spans)-1] = append(spans[len(spans)-1], line)
	}
	keep := make([]int, len(spans))
	for left := min(most, len(lines)); left > 0; {
		for n := len(spans) - 1; n >= 0 && left > 0; n-- {
			if keep[n] < len(spans[n]) {
				keep[n]++
				left--
			}
		}
	}
	l.Lines = nil
	leftOut := 0
	for n, span := range spans {
		leftOut += len(span) - keep[n]
		kept := slices.Clone(span[len(span)-keep[n]:])
		if len(kept) > 0 {
			kept[0].LeftOut += leftOut
			leftOut = 0
		}
		l.Lines = append(l.Lines, kept...)
	}
}
