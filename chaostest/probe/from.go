package probe

import (
	"context"
	"errors"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// Client is a Service in whose place a probe can look. The services of a test are
// clients.
type Client interface {
	Service
	// Reach is the numeric address and port at which this service's container reaches a
	// port of another service.
	Reach(ctx context.Context, other Service, port string) (address string, err error)
	// Look takes one look from the network namespace of this service's container.
	Look(ctx context.Context, request look.Request) (look.Answer, error)
}

// Faulted is an optional capability of a Service: it names a network fault that is live
// on the service, or returns "".
type Faulted interface{ NetworkFault() string }

// Accepting is an optional capability of a Service: it reports whether something accepts
// connections to the port at the container's own address.
type Accepting interface {
	Accepts(ctx context.Context, port string) (bool, error)
}

// from is what From returns: an option of HTTP and of TCP probes.
type from struct{ client Client }

// From makes a probe look in the place of another service, from the network namespace of
// its container:
//
//	query := probe.HTTP(catalogue, "8080/tcp", "/price", probe.From(shop))
//
// So a fault between two services is measured where its users are, also with an engine on
// another machine. The agent looks, and measures the latency there. The agent needs the
// permissions of a network fault.
func From(client Client) interface {
	HTTPOption
	TCPOption
} {
	return from{client}
}

func (f from) applyHTTP(p *HTTPProbe) { p.endpoint.setClient(f.client) }
func (f from) applyTCP(p *TCPProbe)   { p.endpoint.setClient(f.client) }

// nobody is the client of From(nil), which is refused.
var errNilClient = errors.New("From: the service is nil: was it started in this spec, or in a BeforeEach?")

func (e *endpoint) setClient(c Client) {
	if isNil(c) {
		c = nilClient{}
	}
	e.client = c
}

// nilClient marks a probe whose From has no service.
type nilClient struct{ Client }

func (nilClient) Name() string { return "<nil>" }

// checkClient refuses a probe whose From has no service.
func (e *endpoint) checkClient() error {
	if _, missing := e.client.(nilClient); missing {
		return errNilClient
	}
	return nil
}

// from is the end of the probe's name.
func (e *endpoint) from() string {
	if e.client == nil {
		return ""
	}
	return " from " + e.client.Name()
}

// lookFromClient takes one look in the client's place. The clock of the agent's machine
// may differ from that of this process, so the times of the answer become the earliest
// and the latest that they can be by this process's clock.
func (e *endpoint) lookFromClient(ctx context.Context, r look.Request) (look.Answer, error) {
	before := time.Now()
	a, err := e.client.Look(ctx, r)
	after := time.Now()
	if !a.Sent.IsZero() {
		a.Sent = before
	}
	if !a.HeadAt.IsZero() {
		a.HeadAt = after
	}
	if !a.BodyAt.IsZero() {
		a.BodyAt = after
	}
	return a, err
}
