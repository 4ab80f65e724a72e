package probe

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// askAgainAfter is the shortest time between two questions for an endpoint, so that a
// load on a dead service does not ask with every sample.
const askAgainAfter = 250 * time.Millisecond

// endpoint is the address of a service's port. The driver is asked for it once, and
// again after a connection failed, because a restarted container has another port.
type endpoint struct {
	svc  Service
	port string

	mu      sync.Mutex
	address string
	asked   time.Time
	doubted bool
}

func (e *endpoint) find(ctx context.Context) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if isNil(e.svc) {
		return "", lookError{errNilService}
	}
	if e.address != "" && (!e.doubted || time.Since(e.asked) < askAgainAfter) {
		return e.address, nil
	}
	address, err := e.svc.Endpoint(ctx, e.port)
	if err != nil {
		return "", lookError{fmt.Errorf("find port %s of %s: %w", e.port, e.svc.Name(), err)}
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", lookError{fmt.Errorf("find port %s of %s: endpoint %q is not host:port: %w", e.port, e.svc.Name(), address, err)}
	}
	e.address, e.asked, e.doubted = address, time.Now(), false
	return address, nil
}

// connected records the outcome of a connection to the endpoint.
func (e *endpoint) connected(err error) {
	if err == nil {
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
