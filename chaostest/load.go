package chaostest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
)

// progressEvery is how often a running load tells whoever follows the run.
const progressEvery = 500 * time.Millisecond

type load struct {
	rate     probe.Rate
	duration time.Duration
}

// LoadOption says how fast and how long a load looks.
type LoadOption func(*load)

// PerSecond is the load's constant rate of arrivals, above 0.
func PerSecond(rate float64) LoadOption { return func(l *load) { l.rate = probe.Rate(rate) } }

// For is how long the load lasts.
func For(d time.Duration) LoadOption { return func(l *load) { l.duration = d } }

// Load looks through the probe at a constant rate for a while and returns the
// window of all samples. It is an open loop: samples start at their own times
// whether or not those before were answered, and latencies count from there, so
// that a service that stalls is seen by every request meant for the time of its
// stall. The window goes into the suite's report with what matchers find in it.
func (x *Experiment) Load(ctx context.Context, p probe.Probe, options ...LoadOption) *probe.Window {
	x.t.Helper()
	x.announce()
	var l load
	for _, o := range options {
		o(&l)
	}
	if err := l.check(p); err != nil {
		x.toolFailure(err)
		return nil
	}
	x.step(fmt.Sprintf("loading %s at %s for %s", p, l.rate, l.duration))
	x.emit(record.Event{Kind: record.Loading, Text: fmt.Sprintf("%s at %s for %s", p, l.rate, l.duration)})
	window, err := probe.Run(ctx, p, l.rate, l.duration,
		probe.Labelled(x.t.Name(), x.liveFaults()...),
		probe.Progress(progressEvery, func(so record.Window) {
			x.emit(record.Event{Kind: record.Loading, Text: p.String(), Window: &so})
		}))
	if err != nil && (window == nil || ctx.Err() == nil) {
		x.toolFailure(err)
		return nil
	}
	x.report(record.WindowEntry, window)
	if err != nil {
		// The test's own time ran out, or it was interrupted: that is not the tool's doing.
		x.t.Fatalf("%v", err)
	}
	done := window.Record()
	x.emit(record.Event{Kind: record.WindowDone, Text: p.String(), Window: &done})
	return window
}

func (l load) check(p probe.Probe) error {
	var errs []error
	if p == nil {
		errs = append(errs, errors.New("no probe given: make one with probe.HTTP, probe.TCP or probe.Exec"))
	}
	if l.rate == 0 {
		errs = append(errs, errors.New("no rate given: say PerSecond(50)"))
	}
	if l.duration == 0 {
		errs = append(errs, errors.New("no duration given: say For(5*time.Second)"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// liveFaults are the faults that are live now, in words.
func (x *Experiment) liveFaults() []string {
	var live []string
	for _, i := range x.history.all() {
		if i.Active() {
			live = append(live, i.String())
		}
	}
	return live
}
