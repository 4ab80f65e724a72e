package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// extend moves the end of the lease, because the host is alive.
func (s *Server) extend() uint64 {
	until := injector.In(s.lease)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silence = max(s.silence, time.Duration(until-s.until))
	s.until = until
	return until
}

// explain says why a lease has lapsed: the host asks and the agent answers, so both live.
func (s *Server) explain(e record.Evidence) record.Evidence {
	if !e.LeaseLapsed || e.Starved != "" {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	silence := max(s.silence, time.Duration(injector.In(s.lease)-s.until))
	e.Starved = fmt.Sprintf("the agent and its host live, but up to %s went by between two renewals, and the lease is %s", silence.Round(10*time.Millisecond), s.lease)
	return e
}

func (s *Server) leaseEnd() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.until
}

func (s *Server) renew() {
	until := s.extend()
	for id, i := range s.snapshot() {
		if err := i.renew(until); err != nil {
			// The fault ends with its lease, and its evidence says so.
			fmt.Fprintf(os.Stderr, "renew the lease of injection %s: %v\n", id, err)
		}
	}
}

// lapseTicks is how many ticks the lease must have lapsed for before the faults are
// reverted. Together with the lease they stay below the 2 s within which a fault must end.
const lapseTicks = 3

// watch verifies all faults, and reverts everything when the host falls silent. Packet
// faults and workers do not depend on that: the kernel and the workers themselves end them
// at the same time.
func (s *Server) watch(ctx context.Context) {
	tick := time.NewTicker(s.lease / 15)
	defer tick.Stop()
	lapsed := 0 // the ticks since the lease has lapsed
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if injector.Monotonic() < s.leaseEnd() {
			lapsed = 0
			for _, i := range s.snapshot() {
				i.verify()
			}
			continue
		}
		// When the whole machine has stood still, a renewal may wait in the pipe, or the
		// host needs a moment to run again.
		if lapsed++; lapsed <= lapseTicks {
			continue
		}
		for id, i := range s.snapshot() {
			if err := i.lapse(); err != nil {
				fmt.Fprintf(os.Stderr, "revert injection %s after the host fell silent: %v\n", id, err)
			}
		}
	}
}

func (s *Server) revertAll() error {
	var errs []error
	for id, i := range s.snapshot() {
		if _, err := i.revert(); err != nil {
			errs = append(errs, fmt.Errorf("revert injection %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) snapshot() map[string]*injection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.injections)
}
