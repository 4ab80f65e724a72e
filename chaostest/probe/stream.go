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
	if missing(p) {
		return nil, fmt.Errorf("load: no probe%s: write probe.HTTP(service, \"8080/tcp\", \"/\")", nilText(p))
	}
	looks, err := r.plan(p.String(), 1, rate, d)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	probes := []Probe{p}
	if err := prepare(ctx, probes); err != nil {
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

func (s *Series) addRound(round []Sample, known time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(round, known)
}

// tell reports what has ended so far.
func (s *Series) tell(r *run) func(time.Time, *progress) {
	return func(now time.Time, so *progress) { r.report(so.all.totals(s.heading(now))) }
}

// Window is the window so far: the samples in the order of their intended starts,
// up to the first that is still in flight, and its end is when that one was meant
// to start. Later ones that have ended wait for it, because those that end soonest
// are not like the rest: services fail fast. So a window may lag behind by the
// probe's timeout. When the load has ended all samples are in.
//
// It costs no more than the samples that are new, and fits Eventually and
// Consistently:
//
//	Consistently(ctx, selling.Window).WithTimeout(30*time.Second).Should(KeepErrorRateBelow(1 * Percent))
//
// The error is the load's own failure: the probe could not look, or
// the context of Start ended. It tells Gomega to stop trying, and comes with the
// window of what there is.
func (s *Stream[W]) Window() (W, error) {
	err := s.load.failed() // before the window: what has failed has all its samples
	return s.window(), err
}

// UntilEnd is Window for one Consistently that is to last as long as a load with a
// duration. It returns the last window once, so that every sample is judged, and then
// tells Gomega that no more will come:
//
//	Consistently(ctx, selling.UntilEnd()).WithTimeout(time.Minute).Should(KeepErrorRateBelow(1 * Percent))
//
// Window cannot do so itself: it does not know whether what it returned was judged.
func (s *Stream[W]) UntilEnd() func() (W, error) { return UntilEnd(s.Window) }

// Wait waits until the load has ended, and returns its window. When ctx ends
// before, or the load has failed, it returns the window so far and the error.
func (s *Stream[W]) Wait(ctx context.Context) (W, error) {
	err := s.load.wait(ctx)
	return s.window(), err
}

// Stop ends the load: no more samples are started, and those in flight are waited
// for, which takes at most the probe's timeout. Then no goroutine is left. It
// may be called again, and after the load has ended. The samples of a fleet's round
// that was not asked to its end are left out.
func (s *Stream[W]) Stop() { s.load.halt() }

// String says what there is so far in one line.
func (s *Stream[W]) String() string { return s.window().String() }

// MarshalJSON encodes the record of the window so far, with what was judged of
// any window of the load: a report entry that holds the stream has all of it.
func (s *Stream[W]) MarshalJSON() ([]byte, error) { return json.Marshal(s.window().Record()) }

// UntilEnd is Stream.UntilEnd for a Series that is filled by other means: window
// returns what there is so far. After it has ended one Consistently it begins anew.
//
// No matcher can end a Consistently so: And, Not and ShouldNot would take that for the
// answer to the whole.
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
