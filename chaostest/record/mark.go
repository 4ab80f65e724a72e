package record

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// NewID makes a short random ID: "j-3f2a9c1b". The letter shows people what it names:
// j a judgement, f a failure, i an injection.
func NewID(letter string) string {
	const length = 8
	return letter + "-" + strings.ToLower(rand.Text()[:length])
}

// Mark appends one short line to a message, which ties it to a record. Programs read
// that line with Marks, and never the words before it:
//
//	chaosgate: j-3f2a9c1b violated (3 lines)
//
// The number of lines shows where the message begins, because an assertion may put
// text in front of it.
func Mark(message, id string, outcome Outcome) string {
	return message + "\n" + markLine(id, outcome, strings.Count(message, "\n")+1)
}

// markLine is the mark of a message of n lines. If it is not known where the message
// begins, n is 0.
func markLine(id string, outcome Outcome, n int) string {
	lines := "lines"
	if n == 1 {
		lines = "line"
	}
	return fmt.Sprintf("chaosgate: %s %s (%d %s)", id, outcome, n, lines)
}

// Marked is a message with a mark, found inside a longer text.
type Marked struct {
	ID      string
	Outcome Outcome
	// Before is the text in front of the message, such as the annotation of an
	// assertion, or how long Gomega has polled. Message is the message itself.
	Before, Message string
}

// A mark is a whole line. It may be indented, because Gomega indents what it quotes.
var mark = regexp.MustCompile(`^[ \t]*chaosgate: ([a-z]-[0-9a-z]+) ([a-z]+) \(([0-9]+) lines?\)$`)

// Marks reads the marks in a message, in order. Text is the message without the marks.
func Marks(message string) (text string, marks []Marked) {
	var lines []string
	for line := range strings.SplitSeq(message, "\n") {
		found := mark.FindStringSubmatch(line)
		if found == nil {
			lines = append(lines, line)
			continue
		}
		// A message that was cut has fewer lines than its mark says.
		n, err := strconv.Atoi(found[3])
		if err != nil || n == 0 || n > len(lines) {
			n = len(lines)
		}
		first := len(lines) - n
		marks = append(marks, Marked{
			ID: found[1], Outcome: Outcome(found[2]),
			Before:  strings.Join(lines[:first], "\n"),
			Message: strings.Join(lines[first:], "\n"),
		})
	}
	return strings.Join(lines, "\n"), marks
}
