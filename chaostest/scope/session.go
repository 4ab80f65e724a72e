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

// session is a process's drivers, each with its agent once that is needed. Every
// process has agents of its own: an agent's input, which this process holds, is the
// dead-man's switch, and a switch has one owner. When the process ends, however
// it ends, so do its agents.
type session struct {
	mu     sync.Mutex
	agents map[driver.Driver]*agent.Client
}

var shared = &session{agents: map[driver.Driver]*agent.Client{}}

// Driver connects, and remembers the driver so that Close can close it.
func (s *session) Driver(ctx context.Context, connect Connect) (driver.Driver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.driver(ctx, connect)
}

func (s *session) driver(ctx context.Context, connect Connect) (driver.Driver, error) {
	d, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, known := s.agents[d]; !known {
		s.agents[d] = nil
	}
	return d, nil
}

// Agent is the driver's agent; a new one when the last has gone.
func (s *session) Agent(ctx context.Context, connect Connect) (*agent.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.driver(ctx, connect)
	if err != nil {
		return nil, err
	}
	if running := s.agents[d]; running != nil && running.Alive() {
		return running, nil
	}
	conn, err := d.StartAgent(ctx, agent.Build)
	if err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	client, err := agent.Connect(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	s.agents[d] = client
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
	for d, running := range s.agents {
		if running != nil {
			errs = append(errs, running.Close())
		}
		if closer, ok := d.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	clear(s.agents)
	return errors.Join(errs...)
}
