// Package driver defines what chaosgate needs from the system that runs its targets.
// Package docker is the one for Docker Engines; package drivertest holds a fake
// one and the conformance suite that every driver passes.
package driver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Driver finds targets.
type Driver interface {
	// Attach finds a running container by its name or ID.
	Attach(ctx context.Context, ref string) (Target, error)
}

// Target is a container that faults are applied to and probes look at. Its
// methods ask the driver each time, so that a restarted container is seen. If the container
// was removed, one that was made under its name takes its place, with another ID, as soon as
// State or another method has seen it.
type Target interface {
	// Name is what people call the container in this suite.
	Name() string
	// ID is the container's full ID.
	ID() string
	// Host is the machine that the container runs on.
	Host() Host
	// State is the container's state now.
	State(ctx context.Context) (State, error)
	// Endpoint is the address at which the test process reaches the container's port, and
	// which way that is. It is the container's own address where the test process can
	// reach that, and else the published port.
	Endpoint(ctx context.Context, port string) (address string, way record.Way, err error)
	// Exec runs a command inside the container and returns its exit code and its
	// standard output and error together.
	Exec(ctx context.Context, command ...string) (code int, output string, err error)
	// Logs are the last lines that the container has written since a time, at most so many,
	// the oldest first. A container that does not run any more has its lines, too.
	Logs(ctx context.Context, since time.Time, most int) ([]LogLine, error)
}

// State is a container at one moment.
type State struct {
	Running   bool
	ExitCode  int
	OOMKilled bool
	// Gone says that the container was removed. ExitKnown says that its exit code is
	// known in spite of that.
	Gone, ExitKnown bool
	// Image is the ID of the container's image: "sha256:0123...".
	Image string
	// HostNetwork says that the container shares the host's network namespace.
	HostNetwork bool
	// Addresses by the name of the network.
	Addresses map[string][]netip.Addr
	// Subnets by the name of the network: where its containers have their addresses.
	Subnets map[string][]netip.Prefix
	// Gateways by the name of the network. Traffic through published ports may come
	// from there.
	Gateways map[string][]netip.Addr
	// Published are the container's ports that the host forwards: "8080/tcp".
	Published []string
}

// Reach returns the addresses of s that a container with state from can reach:
// those on networks both are in, or all of them when they share none, because a
// host may route between networks.
func (s State) Reach(from State) []netip.Addr {
	var shared, all []netip.Addr
	for name, addresses := range s.Addresses {
		all = append(all, addresses...)
		if _, ok := from.Addresses[name]; ok {
			shared = append(shared, addresses...)
		}
	}
	if len(shared) > 0 {
		return shared
	}
	return all
}

// ErrNotFound is in the error of Attach when there is no such container.
var ErrNotFound = errors.New("no such container")

// ErrUnreachable is in an error when the driver's daemon does not answer.
var ErrUnreachable = errors.New("daemon does not answer")

// NotRunningError says that a target does not run, so nothing can be done to it.
type NotRunningError struct {
	Name  string
	State State
}

// ServiceDown makes the error a probe.DownError: a probe that gets it has found the
// service down.
func (e *NotRunningError) ServiceDown() {}

// Error names the container and how it ended.
func (e *NotRunningError) Error() string {
	if e.State.Gone {
		return fmt.Sprintf("container %s is gone (%s): it was removed when it ended, or by somebody: leave out AutoRemove to read its log", e.Name, e.State.Ending())
	}
	return fmt.Sprintf("container %s does not run (%s): look at its log, and wait until it is ready before injecting a fault", e.Name, e.State.Ending())
}

// Ending says how a container ended that does not run.
func (s State) Ending() string {
	if s.Gone && !s.ExitKnown {
		return "its exit code is not known"
	}
	ending := fmt.Sprintf("exit code %d", s.ExitCode)
	if s.OOMKilled {
		ending += ", killed because its memory ran out"
	}
	return ending
}
