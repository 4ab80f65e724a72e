package probe

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Rate is how many samples a load takes a second.
type Rate float64

// String prints the rate with its unit: "50/s".
func (r Rate) String() string { return fmt.Sprintf("%g/s", float64(r)) }

// Bounds of a load: beyond them this process, not the service, would be measured.
const (
	highestRate = Rate(10_000)
	mostSamples = 1_000_000
)

// RunOption adds to what Run does.
type RunOption func(*run)

// Progress calls report with the summary so far, every so often while the load
// runs, from one goroutine and never after Run has returned.
func Progress(every time.Duration, report func(record.Window)) RunOption {
	return func(r *run) { r.every, r.report = every, report }
}

// Labelled sets the spec's name and the faults live at the start in the
// window's record.
func Labelled(spec string, faults ...string) RunOption {
	return func(r *run) { r.spec, r.faults = spec, faults }
}

type run struct {
	probe  Probe
	every  time.Duration
	report func(record.Window)
	spec   string
	faults []string
}

type outcome struct {
	Sample
	err error
}

// Run takes samples at a constant rate for a duration: an open loop, in which
// each sample starts at its own time whether or not those before it were
// answered, and its latency counts from that intended time. So a service that
// stalls is seen by every sample that should have been taken meanwhile. Samples
// in flight are bounded by the rate times the probe's timeout.
//
// Every intended sample is in the window, and no goroutine is left, when Run
// returns. When ctx ends, or the probe cannot look, Run stops and returns the
// error with the window of the samples that had ended. The rate is above 0 and
// at most 10,000 a second, and rate and duration make 1 to 1,000,000 samples.
func Run(ctx context.Context, p Probe, rate Rate, d time.Duration, options ...RunOption) (*Window, error) {
	r := &run{probe: p}
	for _, o := range options {
		o(r)
	}
	n, err := r.plan(rate, d)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if ready, ok := p.(interface{ Prepare(context.Context) error }); ok {
		// A service that does not run is a finding, and left to the samples.
		if err := ready.Prepare(ctx); err != nil && !isGone(err) {
			return nil, fmt.Errorf("load %s: %w", p, err)
		}
	}
	if kept, ok := p.(interface{ CloseIdleConnections() }); ok {
		defer kept.CloseIdleConnections()
	}
	return r.collect(ctx, rate, d, n)
}

func (r *run) plan(rate Rate, d time.Duration) (int, error) {
	switch {
	case r.probe == nil:
		return 0, fmt.Errorf("no probe: write probe.HTTP(service, \"8080/tcp\", \"/\")")
	case !(rate > 0) || rate > highestRate:
		return 0, fmt.Errorf("%s at %s: the rate must be above 0 and at most %s", r.probe, rate, highestRate)
	case d <= 0:
		return 0, fmt.Errorf("%s for %s: the duration must be above 0", r.probe, d)
	case r.report != nil && r.every <= 0:
		return 0, fmt.Errorf("%s: progress every %s: must be above 0", r.probe, r.every)
	}
	// Sample i is intended i/rate after the start, and before the end.
	n := math.Ceil(float64(rate)*d.Seconds() - 1e-9)
	if n > mostSamples {
		return 0, fmt.Errorf("%s at %s for %s: %.0f samples, at most %d are kept: use a lower rate or a shorter time", r.probe, rate, d, n, mostSamples)
	}
	return max(int(n), 1), nil
}

// collect starts the load and gathers its samples until all have ended.
func (r *run) collect(ctx context.Context, rate Rate, d time.Duration, n int) (*Window, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcomes := make(chan outcome)
	start := time.Now()
	go r.launch(ctx, start, rate, n, outcomes)

	var tick <-chan time.Time
	if r.report != nil {
		ticker := time.NewTicker(r.every)
		defer ticker.Stop()
		tick = ticker.C
	}
	samples := make([]Sample, 0, n)
	for {
		select {
		case o, more := <-outcomes:
			switch {
			case !more:
				if len(samples) < n {
					return r.window(start, earlier(start.Add(d), time.Now()), samples), fmt.Errorf("load %s at %s for %s: stopped after %d of %d samples: %w", r.probe, rate, d, len(samples), n, context.Cause(ctx))
				}
				return r.window(start, start.Add(d), samples), nil
			case o.err != nil:
				stop(o.err) // the first cause stays
			default:
				samples = append(samples, o.Sample)
			}
		case <-tick:
			r.report(r.window(start, time.Now(), samples).Record())
		}
	}
}

func (r *run) window(start, end time.Time, samples []Sample) *Window {
	w := NewWindow(r.probe.String(), start, end, samples)
	w.spec, w.faults = r.spec, r.faults
	return w
}

// launch starts every sample at its time, and closes outcomes when all that
// were started have ended.
func (r *run) launch(ctx context.Context, start time.Time, rate Rate, n int, outcomes chan<- outcome) {
	defer close(outcomes)
	var flying sync.WaitGroup
	defer flying.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := range n {
		intended := start.Add(time.Duration(float64(i) / float64(rate) * float64(time.Second)))
		if wait := time.Until(intended); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return
		}
		flying.Go(func() {
			started := time.Now()
			s, err := r.probe.Sample(ctx)
			s.Lag = max(0, started.Sub(intended))
			s.Latency += s.Lag
			s.Time = intended
			outcomes <- outcome{s, err}
		})
	}
}
