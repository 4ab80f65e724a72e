package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// ExecProbe runs a command inside the service's container. It comes from Exec.
type ExecProbe struct {
	svc     Service
	command []string
	timeout Timeout
	memory  memory
}

// Exec is a probe that runs a command inside the service's container. It is healthy
// if the command ends with exit code 0. The command sees what the container sees, and
// costs some ten milliseconds of its CPU.
//
//	ping := probe.Exec(cache, "redis-cli", "ping")
func Exec(svc Service, command ...string) *ExecProbe {
	return &ExecProbe{svc: svc, command: command, timeout: Timeout(DefaultTimeout)}
}

// Within returns the same probe with a timeout other than DefaultTimeout, above 0 and
// at most ten minutes. A command that takes longer is not killed.
func (p *ExecProbe) Within(timeout time.Duration) *ExecProbe {
	return &ExecProbe{svc: p.svc, command: p.command, timeout: Timeout(timeout)}
}

// String names service and command: "exec cache: redis-cli ping".
func (p *ExecProbe) String() string {
	return fmt.Sprintf("exec %s: %s", nameOf(p.svc), strings.Join(p.command, " "))
}

// Services is the service.
func (p *ExecProbe) Services() []Service {
	if isNil(p.svc) {
		return nil
	}
	return []Service{p.svc}
}

// Prepare refuses a probe without a service before a load begins.
func (p *ExecProbe) Prepare(context.Context) error {
	if isNil(p.svc) {
		return errNilService
	}
	return nil
}

// Sample runs the command once.
func (p *ExecProbe) Sample(ctx context.Context) (Sample, error) {
	s, err := take(ctx, p.svc, p.String(), p.timeout, &p.memory, func(ctx context.Context, s *Sample) error {
		if len(p.command) == 0 {
			return look.Failure{Err: errors.New("no command: write probe.Exec(service, \"redis-cli\", \"ping\")")}
		}
		code, output, err := p.svc.Exec(ctx, p.command...)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return look.Failure{Err: err}
		}
		s.Class, s.Detail = OK, fmt.Sprintf("exit code %d", code)
		if code != 0 {
			s.Class = ExitCode
		}
		if said := excerpt(output); said != "" {
			s.Detail += fmt.Sprintf(" %q", said)
		}
		return nil
	})
	if err == nil {
		p.memory.saw(s)
	}
	return s, err
}
