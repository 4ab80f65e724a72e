package scope

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// progressEvery is how often a running load writes an event.
const progressEvery = 500 * time.Millisecond

// PerSecond is a load's constant rate of arrivals, above 0.
func PerSecond(rate float64) probe.Rate { return probe.Rate(rate) }

// Span is how long a load lasts. It comes from For.
type Span struct {
	d     time.Duration
	until []Matcher
	err   error
}

// For is how long a load lasts, above 0.
func For(d time.Duration) Span { return Span{d: d} }

// Load takes samples at a constant rate for a while, and returns their window:
//
//	sold := scope.Load(ctx, s, checkout, scope.PerSecond(50), scope.For(5*time.Second))
//
// It is an open loop: every sample starts at its intended time, even if earlier ones
// have no answer yet, and what this machine starts late is not in the latency. So every sample that was
// due during a stall of the service sees the stall. A load takes a probe, or a fleet;
// each member of a fleet is asked at the rate. The window goes into the suite's report
// with the judgements of matchers. For(d).Until ends a load
// earlier.
func Load[S probe.Look[S, W], W probe.Windowed](ctx context.Context, s *Scope, what probe.Loadable[S], rate probe.Rate, span Span) (none W) {
	s.t.Helper()
	s.announce()
	l := load{rate, span.d, span.until}
	if err := errors.Join(l.check(what), span.err); err != nil {
		s.toolFailure(fmt.Errorf("load: %w", err))
		return none
	}
	if ctx.Err() != nil {
		s.failEnded(ctx, "load", what)
		return none
	}
	s.announceLoad(what, l)
	s.asks(what)
	exposed, end := everywhere.expose(s.member())
	defer end()
	everywhere.use(s.member())
	run := probe.Run[S, W]
	if len(l.until) > 0 {
		run = func(ctx context.Context, what probe.Loadable[S], rate probe.Rate, d time.Duration, options ...probe.RunOption) (W, error) {
			return probe.RunUntil(ctx, what, rate, d, func(w W) bool { return l.decided(w) }, options...)
		}
	}
	window, err := run(ctx, what, l.rate, l.d, s.options(what, exposed)...)
	everywhere.use(s.member())
	// If the test ran out of time or was interrupted after the load began, that is not a
	// failure of the tool.
	if window == none || err != nil && ctx.Err() == nil {
		s.toolFailure(err)
		return none
	}
	entry := exposed.entry(window.Record)
	s.report(record.WindowEntry, entry)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	s.announceEnd(what, entry)
	return window
}

// load is the rate and the duration of a load; 0 means until the test ends.
type load struct {
	rate  probe.Rate
	d     time.Duration
	until []Matcher
}

// failEnded fails the test because the context of a load has ended: time ran out, or the
// context belongs to a Ginkgo node that has ended.
func (s *Scope) failEnded(ctx context.Context, verb string, what fmt.Stringer) {
	s.t.Helper()
	s.t.Fatalf("%s %s: the context had ended before the load began: %v: use the context of the node that runs", verb, what, context.Cause(ctx))
}

// check refuses a nil probe or fleet.
func (l load) check(what fmt.Stringer) error {
	switch r := reflect.ValueOf(what); {
	case r.Kind() == reflect.Pointer && r.IsNil():
		return fmt.Errorf("nothing to look at: the %T is nil: make it first, with probe.HTTP, probe.TCP, probe.Exec or probe.FleetOf", what)
	case what == nil:
		return errors.New("nothing to look at: make a probe with probe.HTTP, probe.TCP or probe.Exec, or a fleet of them with probe.FleetOf")
	}
	return nil
}

// String describes the rate and the duration.
func (l load) String() string {
	if l.d == 0 {
		return fmt.Sprintf("at %s until the test ends", l.rate)
	}
	if len(l.until) > 0 {
		return fmt.Sprintf("at %s until it is decided, for at most %s", l.rate, l.d)
	}
	return fmt.Sprintf("at %s for %s", l.rate, l.d)
}

// announceLoad announces that a load begins.
func (s *Scope) announceLoad(what fmt.Stringer, l load) {
	s.by(fmt.Sprintf("loading %s %s", what, l))
	s.emit(record.Event{Kind: record.Loading, Text: fmt.Sprintf("%s %s", what, l)})
}

// options are the options of a load: the test's data for its record, and the report of
// its progress.
func (s *Scope) options(what fmt.Stringer, exposed *exposure) []probe.RunOption {
	now := time.Now()
	// The event is made here, because progress comes from another goroutine, which must
	// not use T.
	event := record.Event{Kind: record.Loading, Text: what.String(), Spec: s.t.Name(), Process: s.process()}
	number := s.history.number(what.String(), s.owner())
	s.t.Cleanup(func() { s.history.release(event.Spec, event.Text) })
	how := []probe.RunOption{
		probe.Labelled(s.t.Name(), exposed.between(now, now)...),
		probe.Numbered(number),
	}
	if !hasFollower() {
		return how // counting costs time, and there is no reader
	}
	return append(how, probe.Progress(progressEvery, func(soFar record.Window) {
		progress := event
		progress.Window = &soFar
		emit(progress)
	}))
}

// announceEnd announces that a load has ended.
func (s *Scope) announceEnd(what fmt.Stringer, window windowEntry) {
	if !hasFollower() {
		return
	}
	done := window.record()
	s.emit(record.Event{Kind: record.WindowDone, Text: what.String(), Window: &done})
}

// hasFollower reports whether the run's events are read.
func hasFollower() bool { return os.Getenv(record.EventsVariable) != "" }
