package record

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// longestLogText bounds the characters of a line.
const longestLogText = 300

var colours = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")

// LogText makes one short line for people of what a service has written.
func LogText(text string) string {
	text = colours.ReplaceAllString(strings.ToValidUTF8(text, "�"), "")
	text = strings.TrimRight(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text), " ")
	if runes := []rune(text); len(runes) > longestLogText {
		text = string(runes[:longestLogText-1]) + "…"
	}
	return text
}

// ClockTime is how times of day are written.
const ClockTime = "15:04:05.000"

// String is the line for people: "12:00:00.000 listening".
func (l LogLine) String() string { return l.At.Format(ClockTime) + " " + l.Text }

// Texts are the lines for people, with marks where faults began and ended.
func (l Log) Texts() []string {
	roles := make([]string, len(l.Roles))
	for n, r := range l.Roles {
		roles[n] = string(r)
	}
	of := fmt.Sprintf("%s (%s)", l.Service, strings.Join(roles, ", "))
	since := ""
	if !l.Since.IsZero() {
		since = " since the spec began at " + l.Since.Format(ClockTime)
	}
	switch {
	case l.Missing != "":
		return []string{of + ": no log: " + l.Missing}
	case len(l.Lines) == 0:
		return []string{of + " wrote nothing" + since}
	}
	texts := []string{of + " wrote" + since + ":"}
	marks := l.marks()
	for _, line := range l.Lines {
		for len(marks) > 0 && !line.At.Before(marks[0].At) {
			texts, marks = append(texts, "  "+marks[0].String()), marks[1:]
		}
		if line.LeftOut > 0 {
			more := ""
			if line.More {
				more = " or more"
			}
			texts = append(texts, fmt.Sprintf("  ... lines left out: %d%s", line.LeftOut, more))
		}
		texts = append(texts, "  "+line.String())
	}
	for _, m := range marks {
		texts = append(texts, "  "+m.String())
	}
	return texts
}

// marks are lines that say where faults began and ended, in the order of time.
func (l Log) marks() []LogLine {
	var marks []LogLine
	for _, f := range l.Faults {
		marks = append(marks, LogLine{At: f.From, Text: "--- began: " + f.Fault})
		if !f.To.IsZero() {
			marks = append(marks, LogLine{At: f.To, Text: "--- ended: " + f.Fault})
		}
	}
	slices.SortStableFunc(marks, func(a, b LogLine) int { return a.At.Compare(b.At) })
	return marks
}

// String is the logs for people.
func (l Logs) String() string {
	var all []string
	for _, log := range l.Services {
		all = append(all, log.Texts()...)
	}
	return strings.Join(all, "\n")
}
