package chaostest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// cleanupWithin bounds each cleanup. It has a context of its own: the spec's is
// already over when cleanups run.
const cleanupWithin = 30 * time.Second

// T is what an experiment needs of a test: *testing.T and GinkgoT() have it.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Experiment is one test's containers, networks and faults. It is not for use
// by several goroutines at once, as T is not.
type Experiment struct {
	t       T
	session *session
	// step tells the test's own timeline what happens; Ginkgo has one.
	step func(text string)
	// history is shared by the experiments of one Ginkgo process, because a
	// service may be started for a whole container of specs.
	history *history
}

// ExperimentOption changes an experiment.
type ExperimentOption func(*Experiment)

// WithDriver runs the experiment on another driver than the Docker Engine that
// is found by itself. Run and Network are for the Docker driver only.
func WithDriver(d driver.Driver) ExperimentOption {
	return func(x *Experiment) {
		x.session = newSession(func(context.Context) (driver.Driver, error) { return d, nil })
	}
}

// New makes the experiment of a test. Its agent is shared with the other
// experiments of the process, and ends with the process.
func New(t T, options ...ExperimentOption) *Experiment {
	x := &Experiment{t: t, session: shared, step: func(string) {}, history: &history{}}
	for _, o := range options {
		o(x)
	}
	x.announce()
	return x
}

// announce tells whoever follows the run that a spec has begun, and when it ends.
func (x *Experiment) announce() {
	spec := x.t.Name()
	if spec == "" || !x.history.begins(spec) {
		return
	}
	x.emit(record.Event{Kind: record.SpecStarted})
	x.t.Cleanup(func() {
		x.history.ends(spec)
		emit(record.Event{Kind: record.SpecEnded, Spec: spec, Process: x.process(), Failed: x.t.Failed()})
	})
}

// Network makes a bridge network that lives until the test ends. Its options
// are those of testcontainers' network.New.
func (x *Experiment) Network(ctx context.Context, options ...docker.NetworkOption) *docker.Network {
	x.t.Helper()
	d, err := x.docker(ctx)
	if err != nil {
		x.toolFailure(err)
		return nil
	}
	network, err := d.NewNetwork(ctx, options...)
	if err != nil {
		x.toolFailure(err)
		return nil
	}
	x.cleanup(ctx, network.Remove)
	return network
}

// Run starts a container as testcontainers.Run does, and removes it when the
// test ends.
func (x *Experiment) Run(ctx context.Context, image string, options ...docker.Option) *Service {
	x.t.Helper()
	d, err := x.docker(ctx)
	if err != nil {
		x.toolFailure(err)
		return nil
	}
	started, err := d.Run(ctx, image, x.t.Logf, options...)
	if started == nil {
		x.toolFailure(err)
		return nil
	}
	x.cleanup(ctx, started.Remove)
	if err != nil {
		// There is a container and it did not come up: a finding about the image.
		x.t.Fatalf("%v", err)
	}
	return &Service{Target: started.Container, started: started, history: x.history}
}

// Attach takes a container that already runs, by its name or ID: one of
// Compose's, of a testcontainers module, or another team's. It is not removed.
func (x *Experiment) Attach(ctx context.Context, ref string) *Service {
	x.t.Helper()
	d, err := x.session.Driver(ctx)
	if err != nil {
		x.toolFailure(err)
		return nil
	}
	target, err := d.Attach(ctx, ref)
	if err != nil {
		x.toolFailure(err)
		return nil
	}
	return &Service{Target: target, history: x.history}
}

func (x *Experiment) docker(ctx context.Context) (*docker.Driver, error) {
	d, err := x.session.Driver(ctx)
	if err != nil {
		return nil, err
	}
	engine, ok := d.(*docker.Driver)
	if !ok {
		return nil, fmt.Errorf("run a container: driver %T does not start containers: use Attach", d)
	}
	return engine, nil
}

// cleanup registers what undoes something, with a context of its own; its error
// fails the test.
func (x *Experiment) cleanup(ctx context.Context, undo func(context.Context) error) {
	x.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupWithin)
		defer cancel()
		if err := undo(ctx); err != nil {
			x.noteToolFailure(err)
			x.t.Errorf("clean up: %v", err)
		}
	})
}

// own is a context that outlives the test's, whose end is when cleanups begin.
func own(within time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), within) //nolint:forbidigo // the test's own is over by then
}

// history is what faults a process's specs have seen.
type history struct {
	mu         sync.Mutex
	spec       string
	injections []*Injection
	// windows counts the loads of each probe.
	windows map[string]int
}

// begins reports whether spec is new, and forgets the faults of the one before.
func (h *history) begins(spec string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		return false
	}
	h.spec, h.injections, h.windows = spec, nil, nil
	return true
}

func (h *history) ends(spec string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		h.spec = ""
	}
}

// number is which of the probe's loads in the spec the next one is, from 1.
func (h *history) number(probe string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.windows == nil {
		h.windows = map[string]int{}
	}
	h.windows[probe]++
	return h.windows[probe]
}

// release gives a number back when what took it ends, so that a further attempt at
// the spec counts its loads as the one before did.
func (h *history) release(spec, probe string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec && h.windows[probe] > 0 {
		h.windows[probe]--
	}
}

func (h *history) add(i *Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = append(h.injections, i)
}

// faultEnded is when the last fault of the spec ended, and whether one is live.
func (h *history) faultEnded() (end time.Time, live bool) {
	for _, i := range h.all() {
		switch at, over := i.ended(); {
		case !i.wasLive():
		case !over:
			live = true
		case at.After(end):
			end = at
		}
	}
	return end, live
}

func (h *history) all() []*Injection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Injection(nil), h.injections...)
}
