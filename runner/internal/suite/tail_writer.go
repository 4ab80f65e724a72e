package suite

import (
	"io"
	"strings"
	"sync"
)

// remembered is how many bytes a tailWriter keeps.
const remembered = 600

// tailWriter passes output on, and remembers the end of it.
type tailWriter struct {
	to io.Writer

	mu  sync.Mutex
	end []byte
}

// Write passes the output on.
func (l *tailWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.end = append(l.end, p...)
	l.end = l.end[max(0, len(l.end)-remembered):]
	l.mu.Unlock()
	return l.to.Write(p)
}

// String is the end of the output, in one line.
func (l *tailWriter) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if words := strings.Join(strings.Fields(strings.ToValidUTF8(string(l.end), "")), " "); words != "" {
		return words
	}
	return "none"
}
