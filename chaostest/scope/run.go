package scope

import (
	"context"
	"errors"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Run starts a container and removes it when the test ends:
//
//	db := s.Run(ctx, docker.Image("postgres:17", net.As("db")))
func (s *Scope) Run(ctx context.Context, what driver.Starter) *Service {
	s.t.Helper()
	s.announce()
	if what == nil {
		s.toolFailure(errors.New(`run: nothing to start: say what, such as docker.Image("nginx")`))
		return nil
	}
	d, err := shared.Driver(ctx, s.connect)
	if err != nil {
		s.toolFailure(err)
		return nil
	}
	if what, err = s.replaced(what); err != nil {
		s.toolFailure(err)
		return nil
	}
	started, err := what.Start(ctx, d)
	if started == nil {
		s.toolFailure(err)
		return nil
	}
	s.cleanup(ctx, started.Remove)
	if err != nil {
		// The container was made, but it did not become ready: a finding about the image.
		s.t.Fatalf("%v", err)
	}
	return s.newService(ctx, started, "")
}

// Attach takes a container that already runs, by its name or ID: from Compose, from a
// testcontainers module, or from another team. It is not removed at the end. The service
// has the name that is given here. If that is an ID, or a name that the engine makes up,
// such as happy_fermi, it is called after its service in Compose, its first alias, or its
// image; Service.As gives it another name.
//
//	db := s.Attach(ctx, "compose-db-1")
func (s *Scope) Attach(ctx context.Context, ref string) *Service {
	s.t.Helper()
	s.announce()
	d, err := shared.Driver(ctx, s.connect)
	if err != nil {
		s.toolFailure(err)
		return nil
	}
	target, err := d.Attach(ctx, ref)
	if err != nil {
		s.toolFailure(err)
		return nil
	}
	return s.newService(ctx, target, ref)
}

// Network makes a network that lives until the test ends. The driver's function makes
// it:
//
//	net := scope.Network(ctx, s, docker.Bridge())
func Network[N driver.Removable](ctx context.Context, s *Scope, create func(context.Context, driver.Driver) (N, error)) (none N) {
	s.t.Helper()
	s.announce()
	d, err := shared.Driver(ctx, s.connect)
	if err != nil {
		s.toolFailure(err)
		return none
	}
	network, err := create(ctx, d)
	if err != nil {
		s.toolFailure(err)
		return none
	}
	s.cleanup(ctx, network.Remove)
	return network
}
