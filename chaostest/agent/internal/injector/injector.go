// Package injector is what the agent's injectors (network, cpu, memory, process)
// have in common: a request comes in, the undo steps are written down, the fault is
// applied and read back, and something live comes out that can be renewed,
// asked, and proved gone.
package injector

import (
	"context"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Target is the container that a fault is applied to, by its first process as
// the host's PID namespace counts.
type Target struct {
	ID   string
	Name string
	PID  int
}

// Request asks for one fault on one target. Everything in it has been
// validated; the filter's direction is resolved.
type Request struct {
	ID     string
	Target Target
	Fault  fault.Fault
	Filter fault.Filter
	Path   fault.Path
	// Until is when the lease ends at first, in nanoseconds of CLOCK_MONOTONIC.
	Until uint64
	// Lease is the end of the lease as of now. An Apply that takes longer than a
	// moment asks it and keeps what it has started alive; Renew is called only
	// once Apply has returned. It may be nil in tests.
	Lease func() uint64
}

// Injector applies the faults of one kernel subject. Before each step that changes
// anything, Apply writes the step's undo into the journal; when Apply fails its
// caller unwinds the journal, so that nothing half-applied is left. An error
// that is a *fault.UnsupportedError, or that comes from a check, means that
// nothing was touched. Apply is called from one goroutine at a time for each
// target, and from several for several targets.
type Injector interface {
	Apply(ctx context.Context, request Request, journal *Journal) (Live, error)
}

// Live is a fault that was applied and read back. Its methods are safe to call
// from several goroutines. To revert it, its journal is unwound; Prove then
// compares the kernel's state with the state before.
type Live interface {
	// Attestation is what the kernel said when it was read back.
	Attestation() record.Attestation
	// Evidence is what the fault has touched so far; after the revert it is the
	// final count.
	Evidence() record.Evidence
	// Renew moves the end of the lease, in nanoseconds of CLOCK_MONOTONIC.
	Renew(until uint64) error
	// Prove is called after the journal was unwound. It returns an error that
	// says what still differs from the state before the fault.
	Prove() error
}
