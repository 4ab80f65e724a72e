package scope

import (
	"context"
	"errors"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Service is a container of a test. Faults are injected on it, probes look at it, and
// filters name it as a peer.
type Service struct {
	driver.Target
	scope *Scope
	name  string
	ref   string // by which it was attached
}

var (
	_ probe.Service  = (*Service)(nil)
	_ probe.Recorder = (*Service)(nil)
	_ probe.Imaged   = (*Service)(nil)
	_ Peer           = (*Service)(nil)
)

// newService is a service with a name that no other service of the test has.
func (s *Scope) newService(ctx context.Context, target driver.Target, ref string) *Service {
	name := s.history.nameOf(ctx, target, s.owner())
	return &Service{Target: target, scope: s, name: name, ref: ref}
}

// Name is what probes, filters and reports call the service. It is part of what a baseline
// compares, so it is the same in each run, and stays when the container is recreated under its
// name. Where several services of a test would have one
// name, it has a number, in the order in which the test asks for them: db, db-2.
func (s *Service) Name() string { return s.name }

// As gives the service another name:
//
//	db := s.Attach(ctx, c.GetContainerID()).As("db")
func (s *Service) As(name string) *Service {
	if s == nil {
		return nil
	}
	if name == "" {
		s.scope.toolFailure(fmt.Errorf(`name %s: the name is empty: say what it is, as in As("db")`, s.name))
		return s
	}
	named := *s
	named.name = s.scope.history.rename(s.Target, name, s.scope.owner())
	return &named
}

// State is the container's state now. An error names the service as the test does.
func (s *Service) State(ctx context.Context) (driver.State, error) {
	state, err := s.Target.State(ctx)
	return state, s.called(err)
}

// Endpoint is where the test process reaches the container's port, and in which way.
func (s *Service) Endpoint(ctx context.Context, port string) (string, record.Way, error) {
	s.scope.history.concerns(s, record.Probed)
	endpoint, way, err := s.Target.Endpoint(ctx, port)
	return endpoint, way, s.called(err)
}

// Exec runs a command inside the container.
func (s *Service) Exec(ctx context.Context, command ...string) (int, string, error) {
	s.scope.history.concerns(s, record.Probed)
	return s.Target.Exec(ctx, command...)
}

// called puts the service's name into the error that it does not run.
func (s *Service) called(err error) error {
	if down, ok := errors.AsType[*driver.NotRunningError](err); ok && down.Name == s.Target.Name() {
		return &driver.NotRunningError{Name: s.name, State: down.State}
	}
	return err
}

// Image is the ID of the container's image.
func (s *Service) Image(ctx context.Context) (string, error) {
	state, err := s.State(ctx)
	return state.Image, err
}

// String is the service's name.
func (s *Service) String() string { return s.Name() }
