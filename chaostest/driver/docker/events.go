package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

var _ driver.Eventful = (*Driver)(nil)

// kinds are the events that tell what happens to a container.
var kinds = map[events.Action]driver.EventKind{
	events.ActionKill: driver.EventSignalled, events.ActionDie: driver.EventEnded, events.ActionOOM: driver.EventOutOfMemory,
	events.ActionStart: driver.EventStarted, events.ActionPause: driver.EventPaused, events.ActionUnPause: driver.EventUnpaused,
	events.ActionRename: driver.EventRenamed, events.ActionUpdate: driver.EventUpdated, events.ActionDestroy: driver.EventRemoved,
	events.ActionConnect: driver.EventConnected, events.ActionDisconnect: driver.EventDisconnected,
}

// Events calls handle for the engine's events on containers.
func (d *Driver) Events(ctx context.Context, since, until time.Time, handle func(driver.Event)) error {
	return d.events(ctx, nil, since, until, handle)
}

func (d *Driver) events(ctx context.Context, filters client.Filters, since, until time.Time, handle func(driver.Event)) error {
	ahead, err := d.clock(ctx)
	if err != nil {
		return fmt.Errorf("read the engine's events: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	podman := d.isPodman(ctx)
	var stops *stopsTold
	var look <-chan time.Time
	if podman && filters == nil {
		stops = d.stops.from(since)
	}
	if filters == nil {
		filters = client.Filters{}
		for action := range kinds {
			filters.Add("event", string(action))
		}
		if podman {
			for action := range podmanKinds {
				filters.Add("event", string(action))
			}
		}
	}
	options := client.EventsListOptions{Since: stamp(since.Add(ahead), podman), Filters: filters}
	if podman {
		told, lives := handle, podmanLives{}
		handle = func(e driver.Event) {
			for _, e := range lives.take(e, d.stops.removesItself) {
				told(e)
			}
		}
	}
	take := func(message events.Message) {
		event, ok := d.event(ctx, message, podman)
		event.Time = event.Time.Add(-ahead)
		if !ok || podman && (event.Time.Before(since) || !until.IsZero() && event.Time.After(until)) {
			return
		}
		stops.tell(event.Time, handle)
		handle(event)
	}
	switch {
	case podman && !until.IsZero():
		if err := d.podmanPast(ctx, options, take); err != nil {
			return fmt.Errorf("read the engine's events: %w", err)
		}
		stops.tell(until, handle)
		return nil
	case !until.IsZero():
		options.Until = stamp(until.Add(ahead), podman)
	case stops != nil:
		look = time.After(0)
	}
	stream := d.client.Events(ctx, options)
	for {
		select {
		case <-look:
			d.lookForStops(ctx)
			stops.tell(time.Now(), handle)
			look = time.After(lookEvery)
		case message := <-stream.Messages:
			take(message)
		case err := <-stream.Err:
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case errors.Is(err, io.EOF) && !until.IsZero():
				return nil
			}
			return fmt.Errorf("read the engine's events: %w", err)
		}
	}
}

// stamp is a time as the engine reads it. Podman reads no fractions of seconds, so there it
// is the whole second before.
func stamp(t time.Time, podman bool) string {
	if podman {
		return strconv.FormatInt(t.Unix(), 10)
	}
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

// clock is how much the engine's clock is ahead of this process's. The engine may be a
// virtual or another machine.
func (d *Driver) clock(ctx context.Context) (time.Duration, error) {
	d.clockMu.Lock() // not mu, because the answer may take long
	defer d.clockMu.Unlock()
	if d.ahead != nil {
		return *d.ahead, nil
	}
	before := time.Now()
	// testcontainers' own method answers from a cache.
	info, err := d.client.Client.Info(ctx, client.InfoOptions{})
	if err != nil {
		return 0, err
	}
	var ahead time.Duration
	now, err := time.Parse(time.RFC3339Nano, info.Info.SystemTime)
	if err == nil && (now.Before(before) || now.After(time.Now())) {
		ahead = now.Sub(before.Add(time.Since(before) / 2))
	}
	d.ahead = &ahead
	return ahead, nil
}

// event is the engine's message about a container.
func (d *Driver) event(ctx context.Context, m events.Message, podman bool) (driver.Event, bool) {
	kind, ok := kinds[m.Action]
	if podman && !ok {
		kind, ok = podmanKinds[m.Action]
	}
	e := driver.Event{Time: time.Unix(0, m.TimeNano), Kind: kind, ID: m.Actor.ID, Name: m.Actor.Attributes["name"]}
	switch {
	case !ok:
		return e, false
	case m.Type == events.NetworkEventType:
		if kind != driver.EventConnected && kind != driver.EventDisconnected {
			return e, false
		}
		if !podman {
			e.ID, e.Name, e.Network = m.Actor.Attributes["container"], "", m.Actor.Attributes["name"]
		}
	case m.Type != events.ContainerEventType:
		return e, false
	}
	switch kind {
	case driver.EventSignalled:
		number, err := strconv.Atoi(m.Actor.Attributes["signal"])
		switch {
		case err == nil:
			e.Signal = number
			e.Stops = d.asksToEnd(ctx, e)
		case podman:
			e.Stops = m.Action == podmanStop || m.Action == podmanRestart
		}
	case driver.EventEnded:
		e.ExitCode = exitCode(m)
	}
	return e, true
}

const (
	sigint  = 2
	sigquit = 3
	sigkill = 9
	sigterm = 15
)

// asksToEnd reports whether a signal asks the container to end. A signal that cannot be looked
// up, because the container is removed already, has ended it.
func (d *Driver) asksToEnd(ctx context.Context, e driver.Event) bool {
	if e.Signal == sigkill || e.Signal == sigterm {
		return true
	}
	found, err := d.client.ContainerInspect(ctx, e.ID, client.ContainerInspectOptions{})
	if err != nil || found.Container.Config == nil {
		return true
	}
	return e.Signal == signalNumber(found.Container.Config.StopSignal)
}

// signalNumber is the number of a stop signal, or 0 for an unusual one. It may be a number,
// and a name may have the prefix SIG.
func signalNumber(name string) int {
	if n, err := strconv.Atoi(name); err == nil {
		return n
	}
	return map[string]int{
		"HUP": 1, "INT": sigint, "QUIT": sigquit, "KILL": sigkill, "USR1": 10, "USR2": 12, "TERM": sigterm, "WINCH": 28, "PWR": 30, "RTMIN+3": 37,
	}[strings.TrimPrefix(strings.ToUpper(name), "SIG")]
}
