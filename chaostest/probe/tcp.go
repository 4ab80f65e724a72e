package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// settle is how long a TCP probe watches whether a new connection is closed. Docker's
// proxy accepts connections to a published port, and closes them if nothing listens in
// the container. That takes well below a millisecond.
const settle = 50 * time.Millisecond

// TCPProbe makes TCP connections. It comes from TCP.
type TCPProbe struct {
	endpoint endpoint
	memory   memory
	timeout  Timeout
	err      error
}

// TCPOption changes a TCPProbe. Timeout is one.
type TCPOption interface{ applyTCP(*TCPProbe) }

func (t Timeout) applyTCP(p *TCPProbe) { p.timeout = t }

// TCP is a probe that connects to a port of the service. It is healthy if the
// connection is made and not closed within 50 ms; Latency does not include that time.
// Docker's proxy accepts connections for the container, so this probe does not see
// packets that are lost between the proxy and the container: use HTTP or Exec under
// network faults.
//
//	listens := probe.TCP(db, "5432/tcp")
func TCP(svc Service, port string, options ...TCPOption) *TCPProbe {
	p := &TCPProbe{endpoint: endpoint{svc: svc, port: port}, timeout: Timeout(DefaultTimeout)}
	for i, o := range options {
		if o == nil {
			p.err = cmp.Or(p.err, nilOption(i))
			continue
		}
		o.applyTCP(p)
	}
	return p
}

// String names service and port: "tcp db:5432".
func (p *TCPProbe) String() string {
	return fmt.Sprintf("tcp %s:%s", nameOf(p.endpoint.svc), p.endpoint.number())
}

// Prepare finds the service's port, so that the first sample of a load need not.
func (p *TCPProbe) Prepare(ctx context.Context) error {
	if p.err != nil {
		return p.err
	}
	_, err := p.endpoint.find(ctx)
	return err
}

// Sample connects once, and closes the connection.
func (p *TCPProbe) Sample(ctx context.Context) (Sample, error) {
	if p.err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", p, p.err)
	}
	var stood time.Time
	s, err := take(ctx, p.endpoint.svc, p.String(), p.timeout, &p.memory, func(ctx context.Context) (Class, string, error) {
		address, err := p.endpoint.find(ctx)
		if err != nil {
			return "", "", err
		}
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		p.endpoint.connected(err)
		if err != nil {
			return "", "", err
		}
		defer connection.Close() //nolint:errcheck // nothing was written that a failing close could lose
		stood = time.Now()
		if err := connection.SetReadDeadline(stood.Add(settle)); err != nil {
			return "", "", lookError{err}
		}
		_, err = connection.Read(make([]byte, 1))
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			p.endpoint.connected(err)
			return Reset, fmt.Sprintf("connected, and closed at once (%v): does anything listen?", err), nil
		}
		return OK, "connected", nil
	})
	if err == nil && s.Healthy() {
		s.Latency = stood.Sub(s.Time)
	}
	return s, err
}
