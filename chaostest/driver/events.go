package driver

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Eventful is an optional capability of a Driver. It says what happens to the containers,
// and what somebody does to them through the engine.
type Eventful interface {
	// Events calls handle for all events since a time, one after the other and in their
	// order. If until is zero it goes on until ctx ends or the stream breaks, and returns
	// why. Otherwise it returns nil when it has handled the events until then.
	Events(ctx context.Context, since, until time.Time, handle func(Event)) error
}

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	// EventSignalled means that somebody sent a signal through the engine.
	EventSignalled EventKind = "signalled"
	// EventEnded means that the first process of the container ended.
	EventEnded EventKind = "ended"
	// EventOutOfMemory means that the kernel killed a process because its memory ran out.
	EventOutOfMemory  EventKind = "out of memory"
	EventStarted      EventKind = "started"
	EventPaused       EventKind = "paused"
	EventUnpaused     EventKind = "unpaused"
	EventRenamed      EventKind = "renamed"
	EventUpdated      EventKind = "updated" // with other limits
	EventConnected    EventKind = "connected"
	EventDisconnected EventKind = "disconnected"
	EventRemoved      EventKind = "removed"
)

// Event is something that happened to a container.
type Event struct {
	// Time is on the clock of this process.
	Time time.Time
	Kind EventKind
	// ID and Name are those of the container. Name is the engine's, and empty if the
	// engine does not say it.
	ID, Name string
	// Signal is the number of the signal, for EventSignalled, or 0 if the engine does not
	// say it. Stops says that it asks the container to end: SIGKILL, SIGTERM, or the
	// container's own stop signal.
	Signal int
	Stops  bool
	// ExitCode is for EventEnded.
	ExitCode int
	// Network is for EventConnected and EventDisconnected.
	// It is empty if the engine does not say it.
	Network string
}

// String describes the event: "signal 15 at 12:00:00.000".
func (e Event) String() string {
	what := string(e.Kind)
	switch e.Kind {
	case EventSignalled:
		switch {
		case e.Signal != 0:
			what = fmt.Sprintf("signal %d", e.Signal)
		case e.Stops:
			what = "told to stop"
		}
	case EventEnded:
		what = fmt.Sprintf("exit code %d", e.ExitCode)
	case EventConnected:
		what = "connected to " + cmp.Or(e.Network, "a network")
	case EventDisconnected:
		what = "disconnected from " + cmp.Or(e.Network, "a network")
	}
	return what + " at " + e.Time.Format("15:04:05.000")
}
