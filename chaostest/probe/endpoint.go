package probe

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// askAgainAfter is the shortest time between two questions for an endpoint, so that a
// load on a dead service does not ask with every sample.
const askAgainAfter = 250 * time.Millisecond

// endpoint is the address of a service's port. The driver is asked for it once, and
// again after a connection failed, because a restarted container has another address.
type endpoint struct {
	svc    Service
	port   string
	client Client // in whose place the probe looks; nil for this process

	mu      sync.Mutex
	address string
	way     record.Way
	asked   time.Time
	doubted bool
}

// look takes one look at the endpoint, and copies its result into the sample.
func (e *endpoint) look(ctx context.Context, local *look.Looker, r look.Request, s *Sample, a *look.Answer) error {
	var err error
	if r.Address, s.Way, err = e.find(ctx); err != nil {
		return err
	}
	if r.HTTP == nil {
		if err := e.feels(s.Way); err != nil {
			return err
		}
	}
	before := time.Now()
	if e.client != nil {
		*a, err = e.lookFromClient(ctx, r)
	} else {
		*a, err = local.Look(ctx, r)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return look.Failure{Err: err}
	}
	e.doubt(a.Class != OK && a.Status == 0)
	s.Class, s.Detail = a.Class, a.Detail
	switch {
	case e.client != nil:
		s.Latency = a.Latency // the way to the agent is no part of it
	case r.HTTP == nil:
		s.Latency = before.Sub(s.Time) + a.Latency // which is without look.Settle
	}
	return nil
}

// feels refuses a TCP connection through a published port while a network fault is live on
// the service, because the engine's proxy accepts the connection for the container.
func (e *endpoint) feels(way record.Way) error {
	faulted, ok := e.svc.(Faulted)
	if way != record.Published || !ok {
		return nil
	}
	if live := faulted.NetworkFault(); live != "" {
		return look.Failure{Err: fmt.Errorf("%s is live, and a TCP connection through a published port cannot feel it, because the engine's proxy accepts the connection: use probe.HTTP, or probe.From(another service)", live)}
	}
	return nil
}

func (e *endpoint) find(ctx context.Context) (string, record.Way, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if isNil(e.svc) {
		return "", "", look.Failure{Err: errNilService}
	}
	if e.address != "" && (!e.doubted || time.Since(e.asked) < askAgainAfter) {
		return e.address, e.way, nil
	}
	address, way, err := e.ask(ctx)
	if err != nil {
		return "", "", look.Failure{Err: fmt.Errorf("find port %s of %s: %w", e.port, e.svc.Name(), err)}
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", "", look.Failure{Err: fmt.Errorf("find port %s of %s: endpoint %q is not host:port: %w", e.port, e.svc.Name(), address, err)}
	}
	e.address, e.way, e.asked, e.doubted = address, way, time.Now(), false
	return address, way, nil
}

func (e *endpoint) ask(ctx context.Context) (string, record.Way, error) {
	if e.client == nil {
		return e.svc.Endpoint(ctx, e.port)
	}
	address, err := e.client.Reach(ctx, e.svc, e.port)
	return address, record.FromClient(e.client.Name()), err
}

// doubt notes that a look has failed, so that the address is asked for again.
func (e *endpoint) doubt(failed bool) {
	if !failed {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.doubted = true
}

// number is the port without its protocol: 8080 for 8080/tcp.
func (e *endpoint) number() string {
	number, _, _ := strings.Cut(e.port, "/")
	return number
}
