package probe

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// askAgainAfter keeps a load on a dead service from asking for its endpoint
// with every sample.
const askAgainAfter = 250 * time.Millisecond

// endpoint knows where a service's port is reached. Asking costs a question to
// the driver, so it asks once, and again when a connection failed: a restarted
// container has another port.
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
	if e.address != "" && (!e.doubted || time.Since(e.asked) < askAgainAfter) {
		return e.address, nil
	}
	address, err := e.svc.Endpoint(ctx, e.port)
	if err != nil {
		return "", lookError{fmt.Errorf("find port %s of %s: %w", e.port, e.svc.Name(), err)}
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", lookError{fmt.Errorf("find port %s of %s: endpoint %q is no host:port: %w", e.port, e.svc.Name(), address, err)}
	}
	e.address, e.asked, e.doubted = address, time.Now(), false
	return address, nil
}

// connected takes the outcome of a connection to the endpoint.
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
