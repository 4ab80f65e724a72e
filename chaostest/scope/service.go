package scope

import (
	"context"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// Service is a container of a test. Faults are injected on it, probes look at it, and
// filters name it as a peer.
type Service struct {
	driver.Target
	scope *Scope
	ref   string // by which it was attached
}

var (
	_ probe.Service  = (*Service)(nil)
	_ probe.Recorder = (*Service)(nil)
	_ probe.Imaged   = (*Service)(nil)
	_ Peer           = (*Service)(nil)
)

// Image is the ID of the container's image.
func (s *Service) Image(ctx context.Context) (string, error) {
	state, err := s.State(ctx)
	return state.Image, err
}

// String is the service's name.
func (s *Service) String() string { return s.Name() }
