package record

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// NewID makes a short random ID: "j-3f2a9c1b". The letter tells people what it
// names: j a judgement, f a failure, i an injection.
func NewID(letter string) string {
	const long = 8
	return letter + "-" + strings.ToLower(rand.Text()[:long])
}

// Mark ends a message with one short line that ties it to a record. Programs read
// that line with Marks, and never the words before it:
//
//	chaosgate: j-3f2a9c1b violated (3 lines)
//
// The number of lines tells the message from what was put in front of it.
func Mark(message, id string, outcome Outcome) string {
	return message + "\n" + markLine(id, outcome, strings.Count(message, "\n")+1)
}

// markLine is the mark of a message of so many lines, 0 where it is not known where
// the message begins.
func markLine(id string, outcome Outcome, n int) string {
	lines := "lines"
	if n == 1 {
		lines = "line"
	}
	return fmt.Sprintf("chaosgate: %s %s (%d %s)", id, outcome, n, lines)
}

// Marked is what a message says of a record.
type Marked struct {
	ID      string
	Outcome Outcome
	// Before is what stands before the marked message: the annotation of an
	// assertion, or how long Gomega has polled. Message is the marked message.
	Before, Message string
}

// A mark is a line of its own, maybe indented: Gomega indents what it quotes.
var mark = regexp.MustCompile(`^[ \t]*chaosgate: ([a-z]-[0-9a-z]+) ([a-z]+) \(([0-9]+) lines?\)$`)

// Marks reads the marks of a message, in their order. Text is the message without
// those lines.
func Marks(message string) (text string, marks []Marked) {
	var lines []string
	for line := range strings.SplitSeq(message, "\n") {
		found := mark.FindStringSubmatch(line)
		if found == nil {
			lines = append(lines, line)
			continue
		}
		// A number that is too large for the message is of one that was cut.
		long, err := strconv.Atoi(found[3])
		if err != nil || long == 0 || long > len(lines) {
			long = len(lines)
		}
		first := len(lines) - long
		marks = append(marks, Marked{
			ID: found[1], Outcome: Outcome(found[2]),
			Before:  strings.Join(lines[:first], "\n"),
			Message: strings.Join(lines[first:], "\n"),
		})
	}
	return strings.Join(lines, "\n"), marks
}
