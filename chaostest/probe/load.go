package probe

import (
	"context"
	"fmt"
	"math"
	"reflect"
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

// RunOption adds to what Run and Start do.
type RunOption func(*run)

// Progress calls report with the summary so far, every so often while the load
// runs, from one goroutine and never after the load has ended. The summary is of all
// samples that have ended, in whatever order, and costs the same however many there
// are.
func Progress(every time.Duration, report func(record.Window)) RunOption {
	return func(r *run) { r.every, r.report = every, report }
}

// Labelled sets the spec's name and the faults live at the start in the
// window's record.
func Labelled(spec string, faults ...string) RunOption {
	return func(r *run) { r.spec, r.faults = spec, faults }
}

// Numbered says which of its probe's windows in the spec the window is, from 1.
func Numbered(number int) RunOption {
	return func(r *run) { r.number = number }
}

// run is what the options of a load say.
type run struct {
	every  time.Duration
	report func(record.Window)
	spec   string
	number int
	faults []string
	// bounded says that the load must have a duration.
	bounded bool
}

func newRun(options []RunOption) *run {
	r := &run{}
	for _, o := range options {
		o(r)
	}
	return r
}

// Loadable is what a load looks at: a Probe, which returns a Sample, or a *Fleet,
// which returns a FleetSample.
type Loadable[S any] interface {
	Sample(ctx context.Context) (S, error)
	String() string
}

// Look is what a Loadable returns, a Sample or a FleetSample. It decides what a load is
// seen in: W is *Window or *FleetWindow.
type Look[S any, W Windowed] interface {
	load(ctx context.Context, what Loadable[S], rate Rate, d time.Duration, r *run) (*Stream[W], error)
}

// Windowed is a window of one service or of a fleet.
type Windowed interface {
	comparable
	fmt.Stringer
	// Final says that no more samples will come.
	Final() bool
	// Record is the window's summary with what was judged so far.
	Record() record.Window
}

// Run takes samples at a constant rate for a duration: an open loop, in which
// each sample starts at its own time whether or not those before it were
// answered, and its latency counts from that intended time. So a service that
// stalls is seen by every sample that should have been taken meanwhile. Samples
// in flight are bounded by the rate times the probe's timeout.
//
// Of a fleet each member is looked at with the rate, all on one schedule: in every
// round each is asked once, spread over the round's time, and they take turns in
// being first.
//
// Every intended sample is in the window, and no goroutine is left, when Run
// returns. When ctx ends, or the probe cannot look, Run stops and returns the
// error with the window of the samples that had ended. The rate, times the members
// of a fleet, is above 0 and at most 10,000 a second, and the load makes 1 to
// 1,000,000 samples.
func Run[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, options ...RunOption) (W, error) {
	s, err := start(ctx, what, rate, d, append(options, func(r *run) { r.bounded = true }))
	if err != nil {
		var none W
		return none, err
	}
	<-s.load.done // soon after ctx, if that ends
	return s.window(), s.load.err
}

// Start begins what Run does and returns: the load ends by itself after the
// duration, or with Stop, or when ctx ends. A duration of 0 is until Stop; a load
// that would then make more than 1,000,000 samples fails.
//
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
func Start[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, options ...RunOption) (*Stream[W], error) {
	return start(ctx, what, rate, d, options)
}

func start[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, options []RunOption) (*Stream[W], error) {
	var look S
	return look.load(ctx, what, rate, d, newRun(options))
}

// plan is how many looks the load takes of n probes, which are called by name: as
// many as are kept where it lasts until it is stopped.
func (r *run) plan(name string, n int, rate Rate, d time.Duration) (int, error) {
	highest, most := highestRate/Rate(n), mostSamples/n*n
	switch {
	case !(rate > 0) || rate > highest:
		return 0, fmt.Errorf("%s at %s: the rate must be above 0 and at most %s", name, rate, highest)
	case d < 0, d == 0 && r.bounded:
		return 0, fmt.Errorf("%s for %s: the duration must be above 0", name, d)
	case r.report != nil && r.every <= 0:
		return 0, fmt.Errorf("%s: progress every %s: must be above 0", name, r.every)
	case d == 0:
		return most, nil
	}
	// Round i is intended i/rate after the start, and before the end.
	rounds := max(math.Ceil(float64(rate)*d.Seconds()-1e-9), 1)
	if looks := rounds * float64(n); looks > float64(most) {
		return 0, fmt.Errorf("%s at %s for %s: %.0f samples, at most %d are kept: use a lower rate or a shorter time", name, rate, d, looks, most)
	}
	return int(rounds) * n, nil
}

// prepare gets the probes ready to look.
func prepare(ctx context.Context, probes []Probe) error {
	for _, p := range probes {
		ready, ok := p.(interface{ Prepare(context.Context) error })
		if !ok {
			continue
		}
		// A service that does not run is a finding, and left to the samples.
		if err := ready.Prepare(ctx); err != nil && !isGone(err) {
			return fmt.Errorf("load %s: %w", p, err)
		}
	}
	return nil
}

// missing reports whether nothing was given, or a nil pointer in place of something,
// whose methods would panic.
func missing(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	default:
		return false
	}
}

// nilText says which nil pointer is missing, as one who sees a probe in their code
// must know why there is none.
func nilText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(", but a nil %T", v)
}
