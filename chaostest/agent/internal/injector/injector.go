// Package injector is what the agent's injectors (network, cpu, memory, process)
// have in common. A handler gets a request, writes the undo steps into a journal,
// applies the fault, and reads it back. It returns a live fault, which can be
// renewed, asked for evidence, and proved undone.
package injector

import (
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Target is the container that a fault is applied to. PID is its first process, by
// its number in the host's PID namespace.
type Target struct {
	ID   string
	Name string
	PID  int
}

// Request asks for one fault on one target. It has been validated, and the filter's
// direction is resolved.
type Request[F fault.Fault] struct {
	ID     string
	Target Target
	Fault  F
	Filter fault.Filter
	Path   fault.Path
	// ComeAndGo says that the target's networks may come and go while the fault is live.
	// Each gap because of that is expected.
	ComeAndGo bool
	// Lease returns the present end of the lease, in nanoseconds of CLOCK_MONOTONIC.
	// It moves while a fault is applied. A handler that takes longer than a moment
	// calls it again, and renews what it has started: Live.Renew is called only once
	// the fault has been applied.
	Lease func() uint64
}

// Live is a fault that was applied and read back. Several goroutines may call its
// methods. Unwinding its journal reverts it. Prove then compares the kernel's state
// with the state before the fault.
type Live interface {
	// Attestation is what the kernel said when it was read back.
	Attestation() record.Attestation
	// Evidence is what the fault has touched so far. After the revert it is final.
	Evidence() record.Evidence
	// Verify compares the fault with what the kernel has now. It follows what has moved,
	// such as a link that came back, and notes for the evidence what is missing. The
	// server calls it a few times a second, before it asks for evidence, and before a
	// revert, but never two at once. It must not wait.
	Verify()
	// Renew moves the end of the lease, in nanoseconds of CLOCK_MONOTONIC.
	Renew(until uint64) error
	// Prove is called after the journal was unwound. Its error says what still
	// differs from the state before the fault.
	Prove() error
}

// Filtered is an optional capability of a Live: a fault that follows new addresses of
// its peers.
type Filtered interface {
	// Filter replaces the fault's filter. Packets match the old filter or the new one,
	// and none passes in between.
	Filter(fault.Filter) error
}
