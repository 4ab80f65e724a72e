package scope

import (
	"context"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// Service is a container of a test: faults are injected on it, probes
// look at it, and filters name it as a peer.
type Service struct {
	driver.Target
	history *history
}

var (
	_ probe.Service    = (*Service)(nil)
	_ probe.FaultClock = (*Service)(nil)
	_ probe.Imaged     = (*Service)(nil)
	_ Peer             = (*Service)(nil)
)

// FaultEnded is when the last fault of the running test ended, and whether one
// is live. The end is zero when there was none.
func (s *Service) FaultEnded() (end time.Time, live bool) { return s.history.faultEnded() }

// Image is the ID of the image that the service's container was made of.
func (s *Service) Image(ctx context.Context) (string, error) {
	state, err := s.State(ctx)
	return state.Image, err
}

// String is the service's name.
func (s *Service) String() string { return s.Name() }
