package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Service is what a probe looks at.
type Service interface {
	// Name is what people call the service.
	Name() string
	// Endpoint is where the probe reaches the service's port, such as "8080/tcp":
	// "127.0.0.1:32768". Probes keep the answer until a connection fails.
	Endpoint(ctx context.Context, port string) (string, error)
	// Exec runs a command inside the service's container and returns its exit code
	// and its output. It returns when ctx ends.
	Exec(ctx context.Context, command ...string) (code int, output string, err error)
}

// Gone is what a Service's error has in its chain when the service does not run:
// that is a finding about the service, and becomes a sample of class NotRunning.
// Every other error of a Service means that the probe could not look.
type Gone interface {
	error
	Gone() bool
}

// Recorder is an optional capability of a Service: it keeps what matchers find of
// single samples of its probes, and returns the judgement's ID. The last judgement
// of a matcher on an objective of a probe counts.
type Recorder interface {
	Judged(probe, matcher, objective string, judgement func() record.Judgement) (id string)
}

// Probe looks at a service. A service that fails is a Sample with a Class; an
// error means that the probe itself could not look, or that ctx ended. Sample
// returns soon after ctx ends, may be called by many goroutines at once, and
// fits Eventually.
type Probe interface {
	Sample(ctx context.Context) (Sample, error)
	// String names the probe in messages and records.
	String() string
}

// DefaultTimeout is how long a probe waits for one sample where no Timeout is
// given: the slowest answer that still counts as one.
const DefaultTimeout = 2 * time.Second

const longestTimeout = 10 * time.Minute

// Timeout is an option of probes: how long to wait for one sample, above 0 and
// at most ten minutes. What takes longer is a sample of class TimedOut.
type Timeout time.Duration

func (t Timeout) validate() error {
	if d := time.Duration(t); d <= 0 || d > longestTimeout {
		return fmt.Errorf("timeout %s: must be above 0 and at most %s", d, longestTimeout)
	}
	return nil
}

// take makes one sample: it keeps the time, sets the deadline, and tells a
// service that failed from a probe that could not look.
func take(ctx context.Context, svc Service, name string, timeout Timeout, m *memory, look func(context.Context) (Class, string, error)) (Sample, error) {
	if err := timeout.validate(); err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", name, err)
	}
	s := Sample{Probe: name, LastHealthy: m.lastHealthy(), Time: time.Now()}
	s.recorder, _ = svc.(Recorder)
	within, cancel := context.WithTimeout(ctx, time.Duration(timeout))
	defer cancel()
	class, detail, err := look(within)
	s.Latency = time.Since(s.Time)
	switch {
	case err == nil:
		s.Class, s.Detail = class, detail
		m.saw(s)
		return s, nil
	case ctx.Err() != nil:
		return Sample{}, fmt.Errorf("probe %s: %w", name, context.Cause(ctx))
	}
	if isGone(err) {
		s.Class, s.Detail = NotRunning, err.Error()
		return s, nil
	}
	if class, ok := classify(err); ok {
		s.Class, s.Detail = class, err.Error()
		if class == TimedOut {
			s.Detail = fmt.Sprintf("no answer within %s", time.Duration(timeout))
		}
		return s, nil
	}
	return Sample{}, fmt.Errorf("probe %s: %w", name, err)
}

func isGone(err error) bool {
	gone, ok := errors.AsType[Gone](err)
	return ok && gone.Gone()
}
