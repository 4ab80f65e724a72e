package driver

import "context"

// Starter is something to start a container from: docker.Image makes one.
type Starter interface {
	// Start starts a container on the driver. It may return both a container and an error;
	// the container must then still be removed.
	Start(ctx context.Context, on Driver) (Started, error)
	// String names what is started, for messages.
	String() string
}

// Imaged is an optional capability of a Starter: it starts a container from an image, and
// could start it from another one.
type Imaged interface {
	Image() string
	WithImage(ref string) Starter
}

// Started is a container that was started for a test and is removed with it.
type Started interface {
	Target
	Removable
}

// Removable was made for a test, and is removed with it: a container or a network.
type Removable interface {
	Remove(ctx context.Context) error
}
