package docker

import (
	"context"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Podman 4 tells of a stop only after the container's end, and mostly not at all. But
// from before it sends the signal until it has taken the end in, the container's state is
// "stopping": for 10 ms and more where this was measured, and as long as the container
// does not end. So a paused one can be thawed for the signal.
const (
	lookEvery  = 20 * time.Millisecond
	lookWithin = 2 * time.Second // a service that hangs must not keep events back for longer

	stopping container.ContainerState = "stopping"
)

// podmanStops are the stops that this process has seen of the containers that it attached to.
type podmanStops struct {
	mu      sync.Mutex
	targets map[string]*podmanTarget // by the container's ID
	seen    []driver.Event
}

type podmanTarget struct {
	stopping      bool
	removed       bool // so its state is not asked for again
	removesItself bool
}

// watch adds a container, if the engine is Podman.
func (d *Driver) watch(ctx context.Context, id string) {
	if !d.isPodman(ctx) {
		return
	}
	found, err := d.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	d.stops.watch(id, err != nil || found.Container.HostConfig == nil || found.Container.HostConfig.AutoRemove)
}

// watch adds a container, and whether Podman may remove it at its end.
func (s *podmanStops) watch(id string, removesItself bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.targets == nil {
		s.targets = map[string]*podmanTarget{}
	}
	if s.targets[id] == nil {
		s.targets[id] = &podmanTarget{removesItself: removesItself}
	}
}

// note takes in what the engine says of the containers that are watched. Those that it
// does not list were removed.
func (s *podmanStops) note(at time.Time, asked client.Filters, listed []container.Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := map[string]container.ContainerState{}
	for _, c := range listed {
		there[c.ID] = c.State
	}
	for id := range asked["id"] {
		state, ok := there[id]
		target := s.targets[id]
		if state == stopping && !target.stopping {
			s.seen = append(s.seen, driver.Event{Time: at, Kind: driver.EventSignalled, ID: id, Stops: true})
		}
		target.stopping, target.removed = state == stopping, !ok
	}
}

// asked is the filter for the containers that are watched.
func (s *podmanStops) asked() client.Filters {
	s.mu.Lock()
	defer s.mu.Unlock()
	filters := client.Filters{}
	for id, target := range s.targets {
		if !target.removed {
			filters.Add("id", id)
		}
	}
	return filters
}

// removesItself reports whether Podman removes a container at its end, or may do so.
func (s *podmanStops) removesItself(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.targets[id] == nil || s.targets[id].removesItself
}

// lookForStops looks once. An engine that does not answer breaks the stream of events, too.
func (d *Driver) lookForStops(ctx context.Context) {
	filters := d.stops.asked()
	if len(filters) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	at := time.Now()
	if found, err := d.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters}); err == nil {
		d.stops.note(at, filters, found.Items)
	}
}

// from is a reader of the stops since a time.
func (s *podmanStops) from(since time.Time) *stopsTold { return &stopsTold{of: s, since: since} }

// stopsTold reads each stop once.
type stopsTold struct {
	of    *podmanStops
	since time.Time
	next  int
}

// tell calls handle for the stops until a time that it has not told yet.
func (t *stopsTold) tell(until time.Time, handle func(driver.Event)) {
	if t == nil {
		return
	}
	t.of.mu.Lock()
	fresh := t.of.seen[t.next:]
	t.of.mu.Unlock()
	for _, e := range fresh {
		if e.Time.After(until) {
			return
		}
		t.next++
		if !e.Time.Before(t.since) {
			handle(e)
		}
	}
}
