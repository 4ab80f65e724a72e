package suite

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// remembered is how many bytes of the output lastWords keeps.
const remembered = 600

// lastWords passes output on, remembers its end, and the lines about reports
// that Ginkgo misses: it names a suite's report only when that is not there or
// cannot be read, and its exit code does not tell that from a failed spec.
type lastWords struct {
	to io.Writer
	// report is how the path of a suite's own report ends.
	report string

	mu     sync.Mutex
	end    []byte
	line   []byte
	missed []string
}

// Write passes on.
func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.end = append(l.end, p...)
	l.end = l.end[max(0, len(l.end)-remembered):]
	l.line = append(l.line, p...)
	for {
		line, rest, whole := bytes.Cut(l.line, []byte("\n"))
		if !whole {
			break
		}
		if text := strings.TrimSpace(string(line)); strings.HasSuffix(text, l.report+":") {
			l.missed = append(l.missed, strings.TrimSuffix(text, ":"))
		}
		l.line = rest
	}
	l.line = l.line[max(0, len(l.line)-remembered):]
	l.mu.Unlock()
	return l.to.Write(p)
}

// String is the end of the output in one line.
func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if words := strings.Join(strings.Fields(strings.ToValidUTF8(string(l.end), "")), " "); words != "" {
		return words
	}
	return "none"
}
