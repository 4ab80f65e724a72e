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

// progressEvery is how often a running load tells whoever follows the run.
const progressEvery = 500 * time.Millisecond

type load struct {
	rate     probe.Rate
	duration time.Duration
	width    time.Duration // of a fleet's windows
}

// LoadOption says how fast and how long a load looks.
type LoadOption func(*load)

// PerSecond is the load's constant rate of arrivals, above 0.
func PerSecond(rate float64) LoadOption { return func(l *load) { l.rate = probe.Rate(rate) } }

// For is how long the load lasts. Watch and WatchFleet last until the test ends
// without it.
func For(d time.Duration) LoadOption { return func(l *load) { l.duration = d } }

// Windows is the width of the windows in which the members of a fleet are
// compared, in place of probe.DefaultWidth: at most as long as the load.
func Windows(width time.Duration) LoadOption { return func(l *load) { l.width = width } }

// Load looks through the probe at a constant rate for a while and returns the
// window of all samples. It is an open loop: samples start at their own times
// whether or not those before were answered, and latencies count from there, so
// that a service that stalls is seen by every request meant for the time of its
// stall. The window goes into the suite's report with what matchers find in it.
func (s *Scope) Load(ctx context.Context, p probe.Probe, options ...LoadOption) *probe.Window {
	s.t.Helper()
	l := newLoad(options)
	return run(ctx, s, p, l, errors.Join(given(p), l.rated(), l.bounded(), l.single()), func(how []probe.RunOption) (*probe.Window, error) {
		return probe.Run(ctx, p, l.rate, l.duration, how...)
	})
}

// LoadFleet loads all members of a fleet at once, each at the rate, and returns
// the windows of all. In every round they are asked one after the other, and take
// turns in being first. The window goes into the suite's report with what matchers
// find in it.
func (s *Scope) LoadFleet(ctx context.Context, fleet *probe.Fleet, options ...LoadOption) *probe.FleetWindow {
	s.t.Helper()
	l := newLoad(options)
	return run(ctx, s, fleet, l, errors.Join(givenFleet(fleet), l.rated(), l.bounded()), func(how []probe.RunOption) (*probe.FleetWindow, error) {
		return probe.RunFleet(ctx, fleet, l.rate, l.duration, how...)
	})
}

// recorder is a window of one service or of a fleet.
type recorder interface{ Record() record.Window }

// run does a load to its end, unless something is wrong with it. It returns nil
// where the test has failed and goes on nevertheless.
func run[W interface {
	comparable
	recorder
}](ctx context.Context, s *Scope, what fmt.Stringer, l load, wrong error, load func([]probe.RunOption) (W, error)) (none W) {
	s.t.Helper()
	s.announce()
	if wrong != nil {
		s.toolFailure(fmt.Errorf("load: %w", wrong))
		return none
	}
	if ctx.Err() != nil {
		s.overBefore(ctx, "load", what)
		return none
	}
	s.loads(what, l)
	window, err := load(s.told(what, l))
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
	s.loadedAll(what, window)
	return window
}

// overBefore fails the test whose context leaves a load no time: it has run out, or is
// that of a node that has ended.
func (s *Scope) overBefore(ctx context.Context, verb string, what fmt.Stringer) {
	s.t.Helper()
	s.t.Fatalf("%s %s: its context was over before it began: %v: give it that of the node that runs", verb, what, context.Cause(ctx))
}

func newLoad(options []LoadOption) load {
	var l load
	for _, o := range options {
		o(&l)
	}
	return l
}

func given(p probe.Probe) error {
	const advice = "make one with probe.HTTP, probe.TCP or probe.Exec"
	switch r := reflect.ValueOf(p); {
	case p == nil:
		return errors.New("no probe given: " + advice)
	case r.Kind() == reflect.Pointer && r.IsNil():
		return fmt.Errorf("no probe given, but a nil %T: %s", p, advice)
	}
	return nil
}

func givenFleet(fleet *probe.Fleet) error {
	if fleet == nil {
		return errors.New("no fleet given: make one with probe.FleetOf")
	}
	return nil
}

func (l load) rated() error {
	if l.rate == 0 {
		return errors.New("no rate given: say PerSecond(50)")
	}
	return nil
}

func (l load) bounded() error {
	if l.duration == 0 {
		return errors.New("no duration given: say For(5*time.Second)")
	}
	return nil
}

func (l load) single() error {
	if l.width != 0 {
		return errors.New("Windows goes with a fleet: leave it out, or use LoadFleet or WatchFleet")
	}
	return nil
}

// String says how fast and how long.
func (l load) String() string {
	if l.duration == 0 {
		return fmt.Sprintf("at %s until the test ends", l.rate)
	}
	return fmt.Sprintf("at %s for %s", l.rate, l.duration)
}

// loads tells that a load begins.
func (s *Scope) loads(what fmt.Stringer, l load) {
	s.by(fmt.Sprintf("loading %s %s", what, l))
	s.emit(record.Event{Kind: record.Loading, Text: fmt.Sprintf("%s %s", what, l)})
}

// told is what a load is told of the test, and how it tells of its progress.
func (s *Scope) told(what fmt.Stringer, l load) []probe.RunOption {
	// Asked here, because progress comes from a goroutine, to which T does not belong.
	event := record.Event{Kind: record.Loading, Text: what.String(), Spec: s.t.Name(), Process: s.process()}
	number := s.history.number(what.String())
	s.t.Cleanup(func() { s.history.release(event.Spec, event.Text) })
	how := []probe.RunOption{
		probe.Labelled(s.t.Name(), s.liveFaults()...),
		probe.Numbered(number),
		probe.Windows(l.width),
	}
	if !followed() {
		return how // nobody would read what it costs to count
	}
	return append(how, probe.Progress(progressEvery, func(so record.Window) {
		now := event
		now.Window = &so
		emit(now)
	}))
}

func (s *Scope) loadedAll(what fmt.Stringer, window recorder) {
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
