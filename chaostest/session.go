package chaostest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
)

// session is a process's driver and agent, made when first needed. Every
// process has an agent of its own: its input, which this process holds, is the
// dead-man's switch, and a switch has one owner. When the process ends, however
// it ends, so does the agent.
type session struct {
	connect func(context.Context) (driver.Driver, error)

	mu     sync.Mutex
	driver driver.Driver
	agent  *agent.Client
}

var shared = newSession(func(ctx context.Context) (driver.Driver, error) { return docker.New(ctx) })

func newSession(connect func(context.Context) (driver.Driver, error)) *session {
	return &session{connect: connect}
}

// Driver is the session's driver.
func (s *session) Driver(ctx context.Context) (driver.Driver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.driverLocked(ctx)
}

func (s *session) driverLocked(ctx context.Context) (driver.Driver, error) {
	if s.driver == nil {
		d, err := s.connect(ctx)
		if err != nil {
			return nil, err
		}
		s.driver = d
	}
	return s.driver, nil
}

// Agent is the session's agent; a new one when the last has gone.
func (s *session) Agent(ctx context.Context) (*agent.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agent != nil && s.agent.Alive() {
		return s.agent, nil
	}
	d, err := s.driverLocked(ctx)
	if err != nil {
		return nil, err
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
	s.agent = client
	return client, nil
}

// Close ends the session's agent and lets its driver go.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.agent != nil {
		errs = append(errs, s.agent.Close())
		s.agent = nil
	}
	if closer, ok := s.driver.(interface{ Close() error }); ok {
		errs = append(errs, closer.Close())
	}
	s.driver = nil
	return errors.Join(errs...)
}

// Close ends this process's agent, which otherwise ends with the process. It is
// for suites that check for leaks in their own AfterSuite.
func Close() error { return shared.Close() }
