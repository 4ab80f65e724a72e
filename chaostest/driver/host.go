package driver

import (
	"context"
	"io"
)

// Host is a machine that runs targets. One agent does the faults of all targets on it.
// A Docker Engine is one host; in a Kubernetes cluster every node is one.
type Host interface {
	// ID identifies the host among the hosts of all drivers.
	ID() string
	// StartAgent starts an agent on the host, with the permissions that it needs to
	// reach the targets there, and returns its standard input and output. Closing the
	// connection ends the agent. The driver calls build unless the user names a ready
	// image of the agent.
	StartAgent(ctx context.Context, build AgentBuilder) (AgentConn, error)
}

// AgentBuilder builds the agent's program for Linux on an architecture, such as "amd64".
// It returns the path of the binary and the SHA-256 of its content in hexadecimal, by
// which the driver knows whether an image of it is up to date.
type AgentBuilder func(ctx context.Context, architecture string) (binary, digest string, err error)

// AgentConn is an agent's standard input and output.
type AgentConn interface {
	io.ReadWriteCloser
	// Diagnostics is the end of what the agent wrote to its standard error.
	Diagnostics() string
}
