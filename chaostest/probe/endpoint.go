package probe

import (
	"context"
	"fmt"
	"net"
	"slices"
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
	checked time.Time // when a refusal of the published port was last looked into
}

// services are the one that is asked and the one in whose place.
func (e *endpoint) services() []Service {
	all := []Service{e.svc}
	if _, missing := e.client.(nilClient); e.client != nil && !missing {
		all = append(all, e.client)
	}
	return slices.DeleteFunc(all, func(s Service) bool { return isNil(s) })
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
	if err := e.checkWay(ctx, local, r, s.Way, a.Class); err != nil {
		return err
	}
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

// checkWay returns an error if a published port refuses although the service accepts at its
// own address: then the engine's proxy is dead, and the service is not to blame.
func (e *endpoint) checkWay(ctx context.Context, local *look.Looker, r look.Request, way record.Way, class Class) error {
	service, ok := e.svc.(Accepting)
	if way != record.Published || class != Refused && class != Reset || !ok || !e.mayCheck() {
		return nil
	}
	if faulted, ok := e.svc.(Faulted); ok && faulted.NetworkFault() != "" {
		return nil // the fault may be the reason
	}
	if accepts, err := service.Accepts(ctx, e.port); err != nil || !accepts {
		return nil //nolint:nilerr // what cannot be asked proves nothing
	}
	// The service may have begun to listen after the first look.
	if again, err := local.Look(ctx, r); err != nil || again.Class != class {
		return nil //nolint:nilerr // the way works again
	}
	return look.Failure{Err: fmt.Errorf("the published port of %s at %s does not let connections through (%s), although the service accepts them at its own address: is the engine's proxy dead?", e.svc.Name(), r.Address, class)}
}

// mayCheck is true at most once in askAgainAfter, because a check costs a look or two.
func (e *endpoint) mayCheck() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.checked) < askAgainAfter {
		return false
	}
	e.checked = time.Now()
	return true
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
