package docker

import (
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// podmanCleanup is no driver's event: Podman has taken a container's mounts and networks
// down after its end.
const podmanCleanup driver.EventKind = "cleaned up"

// podmanLives are what happened to containers since they were started, by their IDs. They
// tell who ended a container, which Podman 4 often does not: see take.
type podmanLives map[string]podmanLife

type podmanLife struct {
	signal   driver.Event // somebody has sent one; Podman does not say which
	told     bool         // that somebody stops it
	ended    driver.Event
	cleanups int
}

// soon is how long a container may live on after a signal that ends it, and how long a
// stopped one may stay until it is removed.
const soon = time.Second

// take takes an event in, and returns those that follow from it. Besides the stops that
// were seen by the container's state, these show that somebody has ended a container:
// it was sent a signal, and ended with the exit code of one; it was cleaned up twice, once
// by its monitor and once by a stop; or it ended with the exit code of a stop, and was
// removed right away.
func (l podmanLives) take(e driver.Event, removesItself func(id string) bool) []driver.Event {
	life := l[e.ID]
	defer func() { l[e.ID] = life }()
	switch e.Kind {
	case driver.EventStarted:
		life = podmanLife{}
	case driver.EventSignalled:
		if !e.Stops {
			life.signal = e
			return nil // nothing follows from a signal that is not known
		}
		if life.ended.Kind != "" {
			return nil // its policy restarts it, and nobody else
		}
		life.told = true
	case driver.EventEnded:
		life.ended = e
		if life.signal.Kind != "" && e.ExitCode > 128 && e.Time.Sub(life.signal.Time) < soon {
			before := life.stopped()
			for n := range before {
				before[n].Signal = e.ExitCode - 128
			}
			return append(before, e)
		}
	case podmanCleanup:
		life.cleanups++
		if life.cleanups == 2 {
			return life.stopped()
		}
		return nil
	case driver.EventRemoved:
		if asStopped(life.ended.ExitCode) && e.Time.Sub(life.ended.Time) < soon && !removesItself(e.ID) {
			return append(life.stopped(), e)
		}
	}
	return []driver.Event{e}
}

// stopped says after the container's end that somebody had stopped it. It is of the time of
// the end: a signal before may have been another one.
func (l *podmanLife) stopped() []driver.Event {
	if l.told || l.ended.Kind == "" {
		return nil
	}
	l.told = true
	return []driver.Event{{Time: l.ended.Time, Kind: driver.EventSignalled, ID: l.ended.ID, Name: l.ended.Name, Stops: true}}
}

// asStopped reports whether containers end with this code that are stopped.
func asStopped(code int) bool {
	return code == 0 || code == 128+sigterm || code == 128+sigkill
}
