package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Logs are the last lines that the container has written since a time, at most so many.
func (c *target) Logs(ctx context.Context, since time.Time, most int) ([]driver.LogLine, error) {
	lines, err := c.logs(ctx, since, most)
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", c.name, err)
	}
	return lines, nil
}

func (c *target) logs(ctx context.Context, since time.Time, most int) ([]driver.LogLine, error) {
	found, err := c.inspect(ctx)
	if err != nil {
		return nil, err
	}
	ahead, err := c.driver.clock(ctx)
	if err != nil {
		return nil, err
	}
	options := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Tail: strconv.Itoa(most)}
	if !since.IsZero() {
		options.Since = stamp(since.Add(ahead), c.driver.isPodman(ctx))
	}
	stream, err := c.driver.client.ContainerLogs(ctx, found.ID, options)
	if err != nil {
		return nil, c.ended(ctx, err)
	}
	defer func() { _ = stream.Close() }()
	terminal := found.Config != nil && found.Config.Tty
	lines, err := readLog(stream, terminal)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	for n := range lines {
		lines[n].Time = lines[n].Time.Add(-ahead)
	}
	// Podman takes whole seconds.
	lines = slices.DeleteFunc(lines, func(l driver.LogLine) bool { return l.Time.Before(since) })
	return lines[max(0, len(lines)-most):], nil
}

// readLog reads the lines of a log in the order of their times. A container with a terminal
// has one stream, and any other has two in one.
func readLog(stream io.Reader, terminal bool) ([]driver.LogLine, error) {
	var output, errors logWriter
	var err error
	if terminal {
		_, err = io.Copy(&output, stream)
	} else {
		_, err = stdcopy.StdCopy(&output, &errors, stream)
	}
	lines := append(output.end(), errors.end()...)
	slices.SortStableFunc(lines, func(a, b driver.LogLine) int { return a.Time.Compare(b.Time) })
	return lines, err
}

// logWriter takes apart a stream of lines that begin with their times. The engine writes a
// long line in pieces, each with a time; the first is longer than what is kept.
type logWriter struct {
	lines []driver.LogLine
	line  []byte // the beginning of the last one
}

const longestStamped = len(time.RFC3339Nano) + 1 + driver.LongestLogLine

func (w *logWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		at := bytes.IndexByte(p, '\n')
		piece := p
		if at >= 0 {
			piece = p[:at]
		}
		w.line = append(w.line, piece[:min(len(piece), longestStamped-len(w.line))]...)
		if at < 0 {
			return n, nil
		}
		w.add()
		p = p[at+1:]
	}
}

func (w *logWriter) add() {
	stamped, text, _ := strings.Cut(string(w.line), " ")
	w.line = w.line[:0]
	t, err := time.Parse(time.RFC3339Nano, stamped)
	if err != nil {
		return // no engine writes such a line
	}
	text = strings.TrimSuffix(text, "\r") // of a terminal
	w.lines = append(w.lines, driver.LogLine{Time: t, Text: text[:min(len(text), driver.LongestLogLine)]})
}

// end returns the lines, also one without an end.
func (w *logWriter) end() []driver.LogLine {
	if len(w.line) > 0 {
		w.add()
	}
	return w.lines
}
