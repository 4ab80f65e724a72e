package scope

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Connect returns the driver of a scope, as docker.Connect does. It is called whenever
// the scope needs the driver, and returns the same driver until that one is closed.
type Connect = func(context.Context) (driver.Driver, error)

// session holds the drivers of a process and its agents: one for each host, started when
// it is first needed. Processes do not share agents, because an agent ends when its
// input is closed, and only one process can hold that input. So when a process ends, in
// any way, its agents end, too.
type session struct {
	mu      sync.Mutex
	drivers map[driver.Driver]bool
	agents  map[string]*hostAgent // by the host's ID
	// listeners are those of the drivers that tell events.
	listeners map[driver.Driver]*listener
}

// hostAgent is the agent of one host. Its lock is held while the agent starts, so
// that hosts do not wait for each other.
type hostAgent struct {
	mu     sync.Mutex
	client *agent.Client // nil before the first start
}

var shared = &session{
	drivers: map[driver.Driver]bool{}, agents: map[string]*hostAgent{}, listeners: map[driver.Driver]*listener{},
}

// Driver connects, and remembers the driver so that Close can close it.
func (s *session) Driver(ctx context.Context, connect Connect) (driver.Driver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s.drivers[d] = true
	return d, nil
}

// Listener hears the driver's events. It is nil if the driver tells none.
func (s *session) Listener(d driver.Driver) *listener {
	source, ok := d.(driver.Eventful)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners[d] == nil {
		s.listeners[d] = &listener{source: source, all: map[*subscription]bool{}}
	}
	return s.listeners[d]
}

// Agent returns the host's agent. It starts a new one if the last has ended.
func (s *session) Agent(ctx context.Context, host driver.Host) (*agent.Client, error) {
	s.mu.Lock()
	entry, ok := s.agents[host.ID()]
	if !ok {
		entry = &hostAgent{}
		s.agents[host.ID()] = entry
	}
	s.mu.Unlock()
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.client != nil && entry.client.Alive() {
		return entry.client, nil
	}
	if entry.client != nil {
		_ = entry.client.Close() // the agent has ended, and only the connection is left
		entry.client = nil
	}
	conn, err := host.StartAgent(ctx, agent.Build)
	if err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	client, err := agent.Connect(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	entry.client = client
	return client, nil
}

// Close ends the agents of this process and closes the drivers. Without it they end with
// the process, so only suites that check for leaks need it. A scope that is used
// afterwards connects again.
func Close() error { return shared.Close() }

func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, entry := range s.agents {
		entry.mu.Lock()
		if entry.client != nil {
			errs = append(errs, entry.client.Close())
			entry.client = nil
		}
		entry.mu.Unlock()
	}
	for _, l := range s.listeners {
		l.mu.Lock()
		if l.stop != nil {
			l.stop()
			l.stop = nil
		}
		l.mu.Unlock()
		l.ended.Wait()
	}
	for d := range s.drivers {
		if closer, ok := d.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	clear(s.agents)
	clear(s.drivers)
	clear(s.listeners)
	return errors.Join(errs...)
}
