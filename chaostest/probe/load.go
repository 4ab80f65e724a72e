package probe

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Rate is the number of samples that a load takes in a second.
type Rate float64

// String prints the rate with its unit: "50/s".
func (r Rate) String() string { return fmt.Sprintf("%g/s", float64(r)) }

// The bounds of a load. Beyond them it would measure this process and not the service.
const (
	highestRate = Rate(10_000)
	mostSamples = 1_000_000
)

// RunOption adds to what Run and Start do.
type RunOption func(*run)

// Progress calls report with the summary so far at this interval while the load runs.
// The calls come from one goroutine, and none comes after the load has ended. The
// summary covers all samples that have ended. It costs the same for any number of them.
func Progress(every time.Duration, report func(record.Window)) RunOption {
	return func(r *run) { r.every, r.report = every, report }
}

// Labelled sets two fields of the window's record: the name of the spec, and the faults
// that are live at the start.
func Labelled(spec string, faults ...string) RunOption {
	return func(r *run) { r.spec, r.faults = spec, faults }
}

// Numbered sets the window's number among the windows of its probe in the spec, from 1.
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
	err     error
}

func newRun(options []RunOption) *run {
	r := &run{}
	for i, o := range options {
		if o == nil {
			r.err = cmp.Or(r.err, nilOption(i))
			continue
		}
		o(r)
	}
	return r
}

// nilOption is the error for an option that is nil, by its place.
func nilOption(i int) error { return fmt.Errorf("option %d is nil: leave it out", i+1) }

// Loadable is what a load looks at: a Probe, which returns a Sample, or a *Fleet,
// which returns a FleetSample.
type Loadable[S any] interface {
	Sample(ctx context.Context) (S, error)
	String() string
}

// Look is what a Loadable returns: a Sample or a FleetSample. It determines the type of
// the load's window W: *Window for a Sample, *FleetWindow for a FleetSample.
type Look[S any, W Windowed] interface {
	load(ctx context.Context, what Loadable[S], rate Rate, d time.Duration, r *run) (*Stream[W], error)
}

// Windowed is a window of one service or of a fleet.
type Windowed interface {
	comparable
	fmt.Stringer
	// Final reports that no more samples will come.
	Final() bool
	// Record is the window's summary with the judgements so far.
	Record() record.Window
}

// Run takes samples at a constant rate for a duration:
//
//	sold, err := probe.Run(ctx, probe.HTTP(shop, "8080/tcp", "/checkout"), 50, 5*time.Second)
//
// It is an open loop: every sample starts at its intended time, even if earlier ones
// have no answer yet. So every sample that was due during a stall of the service sees the
// stall. What this machine starts late is in Sample.Lag, and not in the latency. At most the
// rate times the probe's timeout samples are in flight.
//
// In a fleet, every member is asked at the rate. Each round asks every member once,
// spread over the time of the round, and the members take turns to be first.
//
// When Run returns, all samples are in the window and no goroutine is left. If ctx ends
// or the probe cannot look, Run stops and returns an error and the window so far. The
// rate, times the members of a fleet, is at most 10,000 a second, and a load takes 1 to
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

// Start begins the load of Run and returns at once. The load ends after the duration,
// with Stop, or when ctx ends. A duration of 0 means until Stop; such a load fails when
// it has taken 1,000,000 samples.
//
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
func Start[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, options ...RunOption) (*Stream[W], error) {
	return start(ctx, what, rate, d, options)
}

func start[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, options []RunOption) (*Stream[W], error) {
	var look S
	return look.load(ctx, what, rate, d, newRun(options))
}

// plan checks the load and returns how many samples it takes of n probes. A load that
// lasts until it is stopped takes as many as a load can hold.
func (r *run) plan(name string, n int, rate Rate, d time.Duration) (int, error) {
	highest, most := highestRate/Rate(n), mostSamples/n*n
	switch {
	case r.err != nil:
		return 0, fmt.Errorf("%s: %w", name, r.err)
	case !(rate > 0) || rate > highest:
		return 0, fmt.Errorf("%s at %s: the rate must be above 0 and at most %s", name, rate, highest)
	case d < 0, d == 0 && r.bounded:
		return 0, fmt.Errorf("%s for %s: the duration must be above 0", name, d)
	case r.report != nil && r.every <= 0:
		return 0, fmt.Errorf("%s: progress every %s: must be above 0", name, r.every)
	case d == 0:
		return most, nil
	}
	// Round i is intended at i/rate after the start, before the end of the load.
	rounds := max(math.Ceil(float64(rate)*d.Seconds()-1e-9), 1)
	if looks := rounds * float64(n); looks > float64(most) {
		return 0, fmt.Errorf("%s at %s for %s: %.0f samples, at most %d are kept: use a lower rate or a shorter time", name, rate, d, looks, most)
	}
	return int(rounds) * n, nil
}

// prepare gets the probes ready to look, each at the rate.
func prepare(ctx context.Context, name string, probes []Probe, rate Rate) error {
	if err := checkRate(ctx, probes, rate*Rate(len(probes))); err != nil {
		return fmt.Errorf("load %s: %w", name, err)
	}
	for _, p := range probes {
		ready, ok := p.(interface{ Prepare(context.Context) error })
		if !ok {
			continue
		}
		// A service that does not run is a finding, which the samples will show.
		if err := ready.Prepare(ctx); err != nil && !isDown(err) {
			return fmt.Errorf("load %s: %w", p, err)
		}
	}
	return nil
}

// isNil reports whether v is nil, or a nil pointer in an interface, whose methods would
// panic.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	default:
		return false
	}
}

// nilText names the type of a nil pointer, for a user who sees a probe in the code and
// wonders why there is none.
func nilText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(", but a nil %T", v)
}
