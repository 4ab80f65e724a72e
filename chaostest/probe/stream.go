package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onsi/gomega"
)

// Stream is a load that runs while the test goes on. It comes from Start.
type Stream[W Windowed] struct {
	load   *loading
	window func() W // of the series that the load fills
}

// load begins a load of one probe.
func (Sample) load(ctx context.Context, p Loadable[Sample], rate Rate, d time.Duration, r *run) (*Stream[*Window], error) {
	if isNil(p) {
		return nil, fmt.Errorf("load: no probe%s: write probe.HTTP(service, \"8080/tcp\", \"/\")", nilText(p))
	}
	looks, err := r.plan(p.String(), 1, rate, d)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	probes := []Probe{p}
	if err := prepare(ctx, p.String(), probes, rate); err != nil {
		return nil, err
	}
	start := time.Now()
	series := NewSeries(p.String(), start)
	series.spec, series.number, series.faults = r.spec, r.number, r.faults
	load := &loading{
		run: r, schedule: schedule{probes, start, rate, looks}, name: p.String(), d: d,
		add: series.addRound, tell: series.tell(r), end: series.End,
	}
	load.begin(ctx)
	return &Stream[*Window]{load, series.Window}, nil
}

func (s *Series) addRound(round []Sample, completeTo time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(round, completeTo)
}

// tell reports the samples that have ended so far.
func (s *Series) tell(r *run) func(time.Time, *progress) {
	return func(now time.Time, p *progress) { r.report(p.all.totals(s.heading(now))) }
}

// Window is the window so far. It has the samples in the order of their intended
// starts, up to the first that is still in flight. Later samples wait for that one,
// because otherwise fast failures would be seen before slow answers. So a window may be
// late by the probe's timeout. When the load has ended, all samples are in it.
//
// It costs only the new samples, and fits Eventually and Consistently:
//
//	Consistently(ctx, selling.Window).WithTimeout(30*time.Second).Should(KeepErrorRateBelow(1 * Percent))
//
// The error is a failure of the load: the probe could not look, or the context of Start
// ended. It makes Gomega stop polling, and comes with the window so far.
func (s *Stream[W]) Window() (W, error) {
	err := s.load.failed() // before the window, because a load that failed has all its samples
	return s.window(), err
}

// UntilEnd is Window for a Consistently that lasts as long as the load. It returns the
// last window once, so that every sample is judged, and then tells Gomega to stop:
//
//	Consistently(ctx, selling.UntilEnd()).WithTimeout(time.Minute).Should(KeepErrorRateBelow(1 * Percent))
//
// Window cannot do this, because it does not know whether its last window was judged.
func (s *Stream[W]) UntilEnd() func() (W, error) { return UntilEnd(s.Window) }

// Wait waits until the load has ended, and returns its window. If ctx ends first, or
// the load has failed, it returns the window so far and an error.
func (s *Stream[W]) Wait(ctx context.Context) (W, error) {
	err := s.load.wait(ctx)
	return s.window(), err
}

// Stop ends the load. It starts no more samples and waits for those in flight, at most
// for the probe's timeout; then no goroutine is left. It may be called again, and after
// the load has ended. The last round of a fleet is left out if it is not complete.
func (s *Stream[W]) Stop() { s.load.halt() }

// String describes the window so far.
func (s *Stream[W]) String() string { return s.window().String() }

// MarshalJSON encodes the record of the window so far, with the judgements on all
// windows of the load.
func (s *Stream[W]) MarshalJSON() ([]byte, error) { return json.Marshal(s.window().Record()) }

// UntilEnd is Stream.UntilEnd for a Series that is filled by other means. The function
// returns the window so far. After one Consistently has ended, the next may use it.
//
// A matcher could not end a Consistently in this way: And, Not and ShouldNot would take
// the end for their answer.
func UntilEnd[W interface{ Final() bool }](window func() (W, error)) func() (W, error) {
	seen := false
	return func() (W, error) {
		w, err := window()
		if err != nil {
			return w, err
		}
		if seen {
			seen = false // the next Consistently has judged nothing yet
			return w, gomega.StopTrying("the load has ended").Successfully()
		}
		seen = w.Final()
		return w, nil
	}
}
