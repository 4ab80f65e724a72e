package docker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// How much of the past the error of a start has.
const (
	progressLines = 8
	logLines      = 20
	logWithin     = 5 * time.Second
)

// progress is what testcontainers says while a container starts. Nobody sees it, unless the
// start fails: its lines would hide what a spec fails with.
type progress struct {
	mu    sync.Mutex
	lines []string
}

// Printf keeps the last lines. The container's log comes with the error already.
func (p *progress) Printf(format string, args ...any) {
	text, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsSymbol(r) || unicode.Is(unicode.Mn, r) })
	if text == "" || strings.HasPrefix(text, "container logs (") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, text)
	p.lines = p.lines[max(0, len(p.lines)-progressLines):]
}

// end is the end of what was said, to be put behind an error.
func (p *progress) end() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return quoted("testcontainers said last", p.lines)
}

// logEnd is the end of the log of a container that did not become ready. The time for its
// start may be over, so this has a time of its own.
func (s *started) logEnd(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logWithin)
	defer cancel()
	lines, err := s.Logs(ctx, time.Time{}, logLines)
	if err != nil {
		return fmt.Sprintf("\n%v", err)
	}
	if len(lines) == 0 {
		return "\nits log is empty"
	}
	texts := make([]string, len(lines))
	for n, l := range lines {
		texts[n] = record.LogLine{At: l.Time, Text: record.LogText(l.Text)}.String()
	}
	return quoted("the end of its log", texts)
}

// quoted are lines of others. None can be taken for a line of ours, because of what is before
// it.
func quoted(heading string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n" + heading + ":\n  | " + strings.Join(lines, "\n  | ")
}
