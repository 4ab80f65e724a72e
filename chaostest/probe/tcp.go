package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// settle is how long a TCP probe watches a new connection for its end. Docker's
// proxy accepts connections to a published port for the container, and closes
// them when nothing listens behind; that takes well below a millisecond.
const settle = 50 * time.Millisecond

// TCPProbe makes TCP connections. It comes from TCP.
type TCPProbe struct {
	endpoint endpoint
	memory   memory
	timeout  Timeout
}

// TCPOption changes a TCPProbe. Timeout is one.
type TCPOption interface{ applyTCP(*TCPProbe) }

func (t Timeout) applyTCP(p *TCPProbe) { p.timeout = t }

// TCP is a probe that connects to a port of the service, such as "5432/tcp", and
// is healthy when the connection stands and is not closed at once. It watches
// for 50 ms, which Latency does not include. Behind Docker's proxy (a published
// port on the loopback address) it cannot tell that packets vanish between proxy
// and container: use HTTP or Exec under network faults.
func TCP(svc Service, port string, options ...TCPOption) *TCPProbe {
	p := &TCPProbe{endpoint: endpoint{svc: svc, port: port}, timeout: Timeout(DefaultTimeout)}
	for _, o := range options {
		o.applyTCP(p)
	}
	return p
}

// String names service and port: "tcp db:5432".
func (p *TCPProbe) String() string {
	return fmt.Sprintf("tcp %s:%s", p.endpoint.svc.Name(), p.endpoint.number())
}

// Prepare finds the service's port, so that the first sample of a load does not.
func (p *TCPProbe) Prepare(ctx context.Context) error {
	_, err := p.endpoint.find(ctx)
	return err
}

// Sample connects once, and closes the connection.
func (p *TCPProbe) Sample(ctx context.Context) (Sample, error) {
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
