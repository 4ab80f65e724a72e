package scope

import (
	"context"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// listener hears the events of a driver in one stream, as long as somebody listens.
type listener struct {
	source driver.Eventful

	mu    sync.Mutex
	all   map[*subscription]bool
	stop  context.CancelFunc // ends the stream; nil if there is none
	ended sync.WaitGroup
}

// The times between the attempts to read events again after the stream broke.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Second
)

// listen calls handle for each event from now on, one after the other, until the
// subscription is closed.
func (l *listener) listen(ctx context.Context, handle func(driver.Event)) *subscription {
	s := &subscription{listener: l, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	s.ended.Go(func() { s.serve(handle) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[s] = true
	if l.stop == nil {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		l.stop = cancel
		since := time.Now()
		l.ended.Go(func() { l.hear(ctx, since) })
	}
	return s
}

// hear reads the stream, and opens it again where it broke, so that nothing is lost.
func (l *listener) hear(ctx context.Context, since time.Time) {
	retry, last := firstRetry, time.Time{}
	for ctx.Err() == nil {
		again := last // after a break, the engine repeats the last event
		_ = l.source.Events(ctx, since, time.Time{}, func(e driver.Event) {
			if !again.IsZero() && !e.Time.After(again) {
				return
			}
			since, last, retry = e.Time, e.Time, firstRetry
			l.deliver(e)
		})
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
		retry = min(2*retry, lastRetry)
	}
}

func (l *listener) deliver(e driver.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.all {
		s.add(e)
	}
}

// drop ends the stream when nobody listens any more.
func (l *listener) drop(s *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, s)
	if len(l.all) == 0 && l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

// subscription is one listener's queue of events.
type subscription struct {
	listener *listener
	wake     chan struct{}
	closed   chan struct{}
	ended    sync.WaitGroup

	mu    sync.Mutex
	queue []driver.Event
}

func (s *subscription) add(e driver.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscription) take() []driver.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.queue
	s.queue = nil
	return all
}

func (s *subscription) serve(handle func(driver.Event)) {
	for {
		for _, e := range s.take() {
			handle(e)
		}
		select {
		case <-s.wake:
		case <-s.closed:
			for _, e := range s.take() {
				handle(e)
			}
			return
		}
	}
}

// close ends the subscription when all events that have arrived are handled. It may be
// called once.
func (s *subscription) close() {
	if s == nil {
		return
	}
	s.listener.drop(s)
	close(s.closed)
	s.ended.Wait()
}
