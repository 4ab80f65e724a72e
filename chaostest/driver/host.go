package driver

import (
	"context"
	"io"
)

// Host is a machine that runs targets. One agent does the faults of all targets
// on it: a Docker Engine is one host, a Kubernetes cluster has one a node.
type Host interface {
	// ID tells hosts apart, those of other drivers included: agents are kept by it.
	ID() string
	// StartAgent starts an agent on the host, with what it needs to reach the
	// targets there, and returns its standard input and output. Closing the
	// connection ends the agent. build is called where no ready agent is named.
	StartAgent(ctx context.Context, build AgentBuilder) (AgentConn, error)
}

// AgentBuilder builds the agent's program for Linux on an architecture, as Go
// names it. It returns the path of the binary and the SHA-256 of its content in
// hexadecimal, which says whether an image of it is up to date.
type AgentBuilder func(ctx context.Context, architecture string) (binary, digest string, err error)

// AgentConn is an agent's standard input and output.
type AgentConn interface {
	io.ReadWriteCloser
	// Diagnostics is the end of what the agent wrote to its standard error.
	Diagnostics() string
}
