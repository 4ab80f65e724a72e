package probe

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// TCPProbe makes TCP connections. It comes from TCP.
type TCPProbe struct {
	endpoint endpoint
	memory   memory
	timeout  Timeout
	local    *look.Looker
	err      error
}

// TCPOption changes a TCPProbe. Timeout is one.
type TCPOption interface{ applyTCP(*TCPProbe) }

func (t Timeout) applyTCP(p *TCPProbe) { p.timeout = t }

// TCP is a probe that connects to a port of the service. It is healthy if the
// connection is made and not closed within 50 ms; Latency does not include that time.
// Through a published port the engine's proxy accepts the connection for the container,
// so a probe that knows no other way refuses to look while a network fault is live on
// the service: use HTTP, Exec, or From there.
//
//	listens := probe.TCP(db, "5432/tcp")
func TCP(svc Service, port string, options ...TCPOption) *TCPProbe {
	p := &TCPProbe{
		endpoint: endpoint{svc: svc, port: port}, timeout: Timeout(DefaultTimeout),
		local: look.New(new(net.Dialer).DialContext, false),
	}
	for i, o := range options {
		if o == nil {
			p.err = cmp.Or(p.err, nilOption(i))
			continue
		}
		o.applyTCP(p)
	}
	p.err = cmp.Or(p.err, p.endpoint.checkClient())
	return p
}

// String names service and port: "tcp db:5432".
func (p *TCPProbe) String() string {
	return fmt.Sprintf("tcp %s:%s%s", nameOf(p.endpoint.svc), p.endpoint.number(), p.endpoint.from())
}

// Services are the service, and the one of From.
func (p *TCPProbe) Services() []Service { return p.endpoint.services() }

// Prepare finds the service's port, so that the first sample of a load need not.
func (p *TCPProbe) Prepare(ctx context.Context) error {
	if p.err != nil {
		return p.err
	}
	_, _, err := p.endpoint.find(ctx)
	return err
}

// Sample connects once, and closes the connection.
func (p *TCPProbe) Sample(ctx context.Context) (Sample, error) {
	if p.err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", p, p.err)
	}
	var a look.Answer
	s, err := take(ctx, p.endpoint.svc, p.String(), p.timeout, &p.memory, func(ctx context.Context, s *Sample) error {
		return p.endpoint.look(ctx, p.local, look.Request{Timeout: time.Duration(p.timeout)}, s, &a)
	})
	if err == nil {
		p.memory.saw(s)
	}
	return s, err
}
