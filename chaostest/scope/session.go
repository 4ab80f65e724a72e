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

// Connect returns the driver that a scope runs on. It is asked whenever a scope
// needs the driver, and returns the same one until that is closed: docker.Connect
// does so.
type Connect = func(context.Context) (driver.Driver, error)

// session is a process's drivers, and its agents, one a host, each started when
// first needed. Every process has agents of its own: an agent's input, which this
// process holds, is the dead-man's switch, and a switch has one owner. When the
// process ends, however it ends, so do its agents.
type session struct {
	mu      sync.Mutex
	drivers map[driver.Driver]bool
	agents  map[string]*hostAgent // by the host's ID
}

// hostAgent is the agent of one host. Its lock is held while the agent starts, so
// that hosts do not wait for each other.
type hostAgent struct {
	mu     sync.Mutex
	client *agent.Client // nil before the first start
}

var shared = &session{drivers: map[driver.Driver]bool{}, agents: map[string]*hostAgent{}}

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

// Agent is the host's agent; a new one when the last has gone.
func (s *session) Agent(ctx context.Context, host driver.Host) (*agent.Client, error) {
	s.mu.Lock()
	its, ok := s.agents[host.ID()]
	if !ok {
		its = &hostAgent{}
		s.agents[host.ID()] = its
	}
	s.mu.Unlock()
	its.mu.Lock()
	defer its.mu.Unlock()
	if its.client != nil && its.client.Alive() {
		return its.client, nil
	}
	if its.client != nil {
		_ = its.client.Close() // it has gone: only its connection is left
		its.client = nil
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
	its.client = client
	return client, nil
}

// Close ends this process's agents, which otherwise end with the process, and
// closes the drivers. It is for suites that check for leaks in their AfterSuite.
// A scope that is used afterwards connects again.
func Close() error { return shared.Close() }

func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, its := range s.agents {
		its.mu.Lock()
		if its.client != nil {
			errs = append(errs, its.client.Close())
			its.client = nil
		}
		its.mu.Unlock()
	}
	for d := range s.drivers {
		if closer, ok := d.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	clear(s.agents)
	clear(s.drivers)
	return errors.Join(errs...)
}
