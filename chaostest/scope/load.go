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

// progressEvery is how often a running load reports to those who follow the run.
const progressEvery = 500 * time.Millisecond

// PerSecond is a load's constant rate of arrivals, above 0.
func PerSecond(rate float64) probe.Rate { return probe.Rate(rate) }

// Span is how long a load lasts. It comes from For.
type Span struct{ d time.Duration }

// For is how long a load lasts, above 0.
func For(d time.Duration) Span { return Span{d} }

// Load looks at a constant rate for a while, and returns the window of all samples:
//
//	sold := scope.Load(ctx, s, checkout, scope.PerSecond(50), scope.For(5*time.Second))
//
// It is an open loop: samples start at their own times whether or not those before
// were answered, and latencies count from there, so that a service that stalls is
// seen by every request meant for the time of its stall. What is loaded is a probe,
// or a fleet, whose members are asked in turn, each at the rate. The window goes
// into the suite's report with what matchers find in it.
func Load[S probe.Look[S, W], W probe.Windowed](ctx context.Context, s *Scope, what probe.Loadable[S], rate probe.Rate, span Span) (none W) {
	s.t.Helper()
	s.announce()
	l := load{rate, span.d}
	if err := l.check(what); err != nil {
		s.toolFailure(fmt.Errorf("load: %w", err))
		return none
	}
	if ctx.Err() != nil {
		s.overBefore(ctx, "load", what)
		return none
	}
	s.begun(what, l)
	window, err := probe.Run(ctx, what, l.rate, l.d, s.options(what)...)
	// Where the test's own time ran out under a load that had begun, or it was
	// interrupted, that is not the tool's doing.
	if window == none || err != nil && ctx.Err() == nil {
		s.toolFailure(err)
		return none
	}
	s.report(record.WindowEntry, window)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	s.ended(what, window)
	return window
}

// load is how fast and how long; 0 is until the test ends.
type load struct {
	rate probe.Rate
	d    time.Duration
}

// overBefore fails the test whose context leaves a load no time: it has run out, or is
// that of a node that has ended.
func (s *Scope) overBefore(ctx context.Context, verb string, what fmt.Stringer) {
	s.t.Helper()
	s.t.Fatalf("%s %s: its context was over before it began: %v: give it that of the node that runs", verb, what, context.Cause(ctx))
}

// check refuses what has no name to speak of it by.
func (l load) check(what fmt.Stringer) error {
	switch r := reflect.ValueOf(what); {
	case r.Kind() == reflect.Pointer && r.IsNil():
		return fmt.Errorf("nothing to look at, but a nil %T: make it first, with probe.HTTP, probe.TCP, probe.Exec or probe.FleetOf", what)
	case what == nil:
		return errors.New("nothing to look at: make a probe with probe.HTTP, probe.TCP or probe.Exec, or a fleet of them with probe.FleetOf")
	}
	return nil
}

// String says how fast and how long.
func (l load) String() string {
	if l.d == 0 {
		return fmt.Sprintf("at %s until the test ends", l.rate)
	}
	return fmt.Sprintf("at %s for %s", l.rate, l.d)
}

// begun tells that a load begins.
func (s *Scope) begun(what fmt.Stringer, l load) {
	s.by(fmt.Sprintf("loading %s %s", what, l))
	s.emit(record.Event{Kind: record.Loading, Text: fmt.Sprintf("%s %s", what, l)})
}

// options are the options of a load: what its record says of the test, and how its
// progress is reported.
func (s *Scope) options(what fmt.Stringer) []probe.RunOption {
	// Asked here, because progress comes from a goroutine, to which T does not belong.
	event := record.Event{Kind: record.Loading, Text: what.String(), Spec: s.t.Name(), Process: s.process()}
	number := s.history.number(what.String())
	s.t.Cleanup(func() { s.history.release(event.Spec, event.Text) })
	how := []probe.RunOption{
		probe.Labelled(s.t.Name(), s.liveFaults()...),
		probe.Numbered(number),
	}
	if !followed() {
		return how // counting costs time, and there is no reader
	}
	return append(how, probe.Progress(progressEvery, func(so record.Window) {
		now := event
		now.Window = &so
		emit(now)
	}))
}

// ended tells that a load has ended, with all its samples.
func (s *Scope) ended(what fmt.Stringer, window interface{ Record() record.Window }) {
	if !followed() {
		return
	}
	done := window.Record()
	s.emit(record.Event{Kind: record.WindowDone, Text: what.String(), Window: &done})
}

// followed reports whether somebody follows the run.
func followed() bool { return os.Getenv(record.EventsVariable) != "" }

// liveFaults are the faults that are live now, in words.
func (s *Scope) liveFaults() []string {
	var live []string
	for _, i := range s.history.all() {
		if i.Active() {
			live = append(live, i.String())
		}
	}
	return live
}
