package prober

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// Prober looks in the place of containers. Several goroutines may use it at once.
type Prober struct {
	find func(containerID string) (pid int, err error)

	mu      sync.Mutex
	lookers map[key]*look.Looker
}

// key chooses a Looker: each has its connections, and reuses them or not.
type key struct {
	container string
	keepAlive bool
}

// New makes a prober. find returns the first process of a container.
func New(find func(containerID string) (pid int, err error)) *Prober {
	return &Prober{find: find, lookers: map[key]*look.Looker{}}
}

// Look takes one look from the network namespace of a container.
func (p *Prober) Look(ctx context.Context, params wire.LookParams) (look.Answer, error) {
	answer, err := p.looker(params).Look(ctx, params.Request)
	if err != nil {
		return answer, fmt.Errorf("look at %s from %s: %w", params.Request.Address, params.ClientName, err)
	}
	return answer, nil
}

func (p *Prober) looker(params wire.LookParams) *look.Looker {
	k := key{container: params.ClientID, keepAlive: params.Request.HTTP != nil && params.Request.HTTP.KeepAlive}
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lookers[k]
	if l == nil {
		l = look.New(func(ctx context.Context, _, address string) (net.Conn, error) {
			return p.dial(ctx, k.container, address)
		}, k.keepAlive)
		p.lookers[k] = l
	}
	return l
}

// Close closes the connections that are kept for reuse.
func (p *Prober) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lookers {
		l.CloseIdleConnections()
	}
}
