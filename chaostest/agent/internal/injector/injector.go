// Package injector is what the agent's injectors (network, cpu, memory, process)
// have in common: a request comes in, the undo steps are written down, the fault is
// applied and read back, and something live comes out that can be renewed,
// asked, and proved gone.
package injector

import (
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
type Request[F fault.Fault] struct {
	ID     string
	Target Target
	Fault  F
	Filter fault.Filter
	Path   fault.Path
	// Lease is the end of the lease as of now, in nanoseconds of CLOCK_MONOTONIC. It
	// moves while a fault is applied, and whoever takes longer than a moment asks
	// again to keep alive what it has started. Renew is called only once the fault
	// has been applied.
	Lease func() uint64
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
