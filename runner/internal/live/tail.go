package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Tail reads the events that several processes append to a file.
type Tail struct {
	file *os.File
	rest []byte
}

// OpenTail opens the file, which must exist.
func OpenTail(path string) (*Tail, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	return &Tail{file: file}, nil
}

// Close closes the file.
func (t *Tail) Close() error { return t.file.Close() }

// Next returns the events since the last call, in order. A line that is only half written
// waits for the next call. A line that is no event is skipped, because a run must not fail
// over its display.
func (t *Tail) Next() ([]record.Event, error) {
	data, err := io.ReadAll(t.file)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("follow events: %w", err)
	}
	t.rest = append(t.rest, data...)
	var events []record.Event
	for {
		text, rest, whole := bytes.Cut(t.rest, []byte("\n"))
		if !whole {
			return events, nil
		}
		t.rest = rest
		var e record.Event
		if json.Unmarshal(text, &e) == nil {
			events = append(events, e)
		}
	}
}
