package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Service is what a probe looks at.
type Service interface {
	// Name is what people call the service.
	Name() string
	// Endpoint is the address at which a probe reaches the service's port, and which way
	// that is: for "8080/tcp" perhaps "172.17.0.2:8080", the container's own address.
	// Probes use it until a connection fails.
	Endpoint(ctx context.Context, port string) (address string, way record.Way, err error)
	// Exec runs a command inside the service's container and returns its exit code
	// and its output. It returns when ctx ends.
	Exec(ctx context.Context, command ...string) (code int, output string, err error)
}

// DownError is an error of a Service that does not run. It is a finding about the
// service, so the probe returns a sample of class NotRunning. Any other error of a
// Service means that the probe could not look.
type DownError interface {
	error
	// ServiceDown marks the error; it does nothing.
	ServiceDown()
}

// Recorder is an optional capability of a Service: it stores what matchers find about
// single samples of its probes, and returns the judgement's ID. A later judgement of
// the same matcher on the same objective of the same probe replaces an earlier one.
type Recorder interface {
	Judged(probe, matcher, objective string, judgement func() record.Judgement) (id string)
}

// Probe looks at a service. A failure of the service is a Sample with a Class; an error
// means that the probe itself could not look, or that ctx ended. Sample returns soon
// after ctx ends. Many goroutines may call it at once, and it fits Eventually.
type Probe interface {
	Sample(ctx context.Context) (Sample, error)
	// String names the probe in messages and records.
	String() string
}

// Asking is an optional capability of a probe: it names the services that it looks at, and
// the one in whose place it looks. The probes of this package and a *Fleet have it.
type Asking interface {
	Services() []Service
}

var _, _, _, _ Asking = (*HTTPProbe)(nil), (*TCPProbe)(nil), (*ExecProbe)(nil), (*Fleet)(nil)

// DefaultTimeout is how long a probe waits for an answer if no Timeout is given.
const DefaultTimeout = 2 * time.Second

const longestTimeout = 10 * time.Minute

// Timeout is an option of probes: how long to wait for an answer, above 0 and at most
// ten minutes. A sample that takes longer has the class TimedOut.
type Timeout time.Duration

func (t Timeout) validate() error {
	if d := time.Duration(t); d <= 0 || d > longestTimeout {
		return fmt.Errorf("timeout %s: must be above 0 and at most %s", d, longestTimeout)
	}
	return nil
}

// errNilService is the error of a probe whose service is nil.
var errNilService = errors.New("the service is nil: was it started in this spec, or in a BeforeEach?")

// nameOf is the service's name, or "<nil>" for none.
func nameOf(s Service) string {
	if isNil(s) {
		return "<nil>"
	}
	return s.Name()
}

// take makes one sample: it measures the time, sets the deadline, and decides whether
// the service failed or the probe could not look. look may set the sample's latency.
func take(ctx context.Context, svc Service, name string, timeout Timeout, m *memory, looks func(context.Context, *Sample) error) (Sample, error) {
	if isNil(svc) {
		return Sample{}, fmt.Errorf("probe %s: %w", name, errNilService)
	}
	if err := timeout.validate(); err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", name, err)
	}
	s := Sample{Probe: name, LastHealthy: m.lastHealthy(), Time: time.Now()}
	s.recorder, _ = svc.(Recorder)
	within, cancel := context.WithTimeout(ctx, time.Duration(timeout))
	defer cancel()
	err := looks(within, &s)
	if s.Latency == 0 {
		s.Latency = time.Since(s.Time)
	}
	switch {
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return Sample{}, fmt.Errorf("probe %s: %w", name, context.Cause(ctx))
	case isDown(err):
		s.Class, s.Detail = NotRunning, err.Error()
		return s, nil
	}
	class, ok := look.Classify(err)
	if !ok {
		return Sample{}, fmt.Errorf("probe %s: %w", name, err)
	}
	s.Class, s.Detail = class, err.Error()
	if class == TimedOut {
		s.Detail = fmt.Sprintf("no answer within %s", time.Duration(timeout))
	}
	return s, nil
}

func isDown(err error) bool {
	_, ok := errors.AsType[DownError](err)
	return ok
}
