package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/onsi/gomega"
)

// Stream is a load that runs while the test goes on. It comes from Start.
type Stream struct {
	load   *loading
	series *Series
}

// Start begins what Run does and returns: the load ends by itself after the
// duration, or with Stop, or when ctx ends. A duration of 0 is until Stop; a load
// that would then make more than 1,000,000 samples fails.
//
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
func Start(ctx context.Context, p Probe, rate Rate, d time.Duration, options ...RunOption) (*Stream, error) {
	if missing(p) {
		return nil, fmt.Errorf("load: no probe%s: write probe.HTTP(service, \"8080/tcp\", \"/\")", nilText(p))
	}
	r := newRun(options)
	looks, err := r.plan(p.String(), 1, rate, d)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	probes := []Probe{p}
	if err := prepare(ctx, probes); err != nil {
		return nil, err
	}
	start := time.Now()
	s := &Stream{series: NewSeries(p.String(), start)}
	s.series.spec, s.series.number, s.series.faults = r.spec, r.number, r.faults
	s.load = &loading{
		run: r, schedule: schedule{probes, start, rate, looks}, name: p.String(), d: d,
		add: s.add, tell: s.tell, end: s.series.End,
	}
	s.load.begin(ctx)
	return s, nil
}

func (s *Stream) add(round []Sample, known time.Time) {
	s.series.mu.Lock()
	defer s.series.mu.Unlock()
	s.series.add(round, known)
}

func (s *Stream) tell(now time.Time, so *progress) {
	s.load.report(so.all.totals(s.series.heading(now)))
}

// Window is the window so far: the samples in the order of their intended starts,
// up to the first that is still in flight, and its end is when that one was meant
// to start. Later ones that have ended wait for it, because those that end soonest
// are not like the rest: services fail fast. So a window may lag behind by the
// probe's timeout. When the load has ended all samples are in.
//
// It costs no more than the samples that are new, and fits Eventually and
// Consistently. The error is the load's own failure: the probe could not look, or
// the context of Start ended. It tells Gomega to stop trying, and comes with the
// window of what there is.
func (s *Stream) Window() (*Window, error) {
	err := s.load.failed() // before the window: what has failed has all its samples
	return s.series.Window(), err
}

// UntilEnd is Window for one Consistently, which it ends when the load has ended: the
// last window is returned once, so that it is judged, and then Gomega is told that no
// more samples will come.
//
//	Consistently(ctx, selling.UntilEnd()).WithTimeout(time.Minute).Should(KeepErrorRateBelow(1 * Percent))
func (s *Stream) UntilEnd() func() (*Window, error) { return UntilEnd(s.Window) }

// Wait waits until the load has ended, and returns its window. When ctx ends
// before, or the load has failed, it returns the window so far and the error.
func (s *Stream) Wait(ctx context.Context) (*Window, error) {
	err := s.load.wait(ctx)
	return s.series.Window(), err
}

// join waits for the load's end, which comes soon after that of Start's context.
func (s *Stream) join() (*Window, error) {
	<-s.load.done
	return s.series.Window(), s.load.err
}

// Stop ends the load: no more samples are started, and those in flight are waited
// for, which takes at most the probe's timeout. Then no goroutine is left. It
// may be called again, and after the load has ended.
func (s *Stream) Stop() { s.load.halt() }

// String says what there is so far in one line.
func (s *Stream) String() string { return s.series.Window().String() }

// MarshalJSON encodes the record of the window so far, with what was judged of
// any window of the load: a report entry that holds the stream has all of it.
func (s *Stream) MarshalJSON() ([]byte, error) { return json.Marshal(s.series.Window().Record()) }

// UntilEnd makes of a function that returns windows as they grow one for a single
// Consistently, which it ends: called again after it has returned a window that is
// final, it tells Gomega that no more samples will come. After that it begins anew. A
// load's is UntilEnd of its stream; this one is for a Series that is filled by other
// means.
//
// No matcher can tell that: And, Not and ShouldNot would take it for the answer to the
// whole.
func UntilEnd[W interface{ Final() bool }](window func() (W, error)) func() (W, error) {
	seen := false
	return func() (W, error) {
		w, err := window()
		if err != nil {
			return w, err
		}
		if seen {
			seen = false // whoever asks again has judged nothing yet
			return w, gomega.StopTrying("the load has ended").Successfully()
		}
		seen = w.Final()
		return w, nil
	}
}
