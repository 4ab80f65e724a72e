package drivertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

var _ driver.Eventful = (*Fake)(nil)

// fakeEvents are what a test has let happen.
type fakeEvents struct {
	mu      sync.Mutex
	all     []driver.Event
	changed chan struct{} // closed at the next event or break
	broken  int           // the streams that were broken so far
	open    int
}

// Happen lets something happen, now if the event has no time.
func (f *Fake) Happen(e driver.Event) {
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	f.events.all = append(f.events.all, e)
	f.events.signal()
}

// BreakEvents breaks the streams of events that are open.
func (f *Fake) BreakEvents() {
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	f.events.broken++
	f.events.signal()
}

// Watched counts the streams of events that are open.
func (f *Fake) Watched() int {
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	return f.events.open
}

func (e *fakeEvents) signal() {
	if e.changed != nil {
		close(e.changed)
		e.changed = nil
	}
}

// next returns the events from a place on, and a channel that is closed when there are more.
func (e *fakeEvents) next(from int) (events []driver.Event, more <-chan struct{}, broken int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.changed == nil {
		e.changed = make(chan struct{})
	}
	return append([]driver.Event(nil), e.all[from:]...), e.changed, e.broken
}

func (e *fakeEvents) count(by int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open += by
}

// Events tells what the test has let happen.
func (f *Fake) Events(ctx context.Context, since, until time.Time, handle func(driver.Event)) error {
	if until.IsZero() {
		f.events.count(1)
		defer f.events.count(-1)
	}
	told := 0
	_, _, intact := f.events.next(told)
	for {
		events, more, broken := f.events.next(told)
		told += len(events)
		for _, e := range events {
			if !e.Time.Before(since) && (until.IsZero() || !e.Time.After(until)) {
				handle(e)
			}
		}
		switch {
		case !until.IsZero():
			return nil
		case broken != intact:
			return errors.New("the stream of events broke")
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-more:
		}
	}
}
