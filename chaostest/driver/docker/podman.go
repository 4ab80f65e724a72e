package docker

import (
	"context"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// This file holds what Podman's service does otherwise than Docker's API says. It was seen
// with Podman 4.3.

// isPodman reports whether the engine is Podman's service.
func (d *Driver) isPodman(ctx context.Context) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.podman == nil {
		version, err := d.client.ServerVersion(ctx, client.ServerVersionOptions{})
		if err != nil {
			return false // asked again next time
		}
		podman := false
		for _, c := range version.Components {
			podman = podman || strings.HasPrefix(c.Name, "Podman")
		}
		d.podman = &podman
	}
	return *d.podman
}

// podmanKinds are the events with names of Podman's. It matches filters with these names,
// and tells some events by Docker's name all the same.
var podmanKinds = map[events.Action]driver.EventKind{
	"died": driver.EventEnded, "remove": driver.EventRemoved,
	// Podman sends the stop signal after it.
	"restart": driver.EventSignalled,
}

// signalledBefore is the event that Podman does not tell: it ends containers without
// saying that somebody asked for it. A process that was ended by one of the signals with
// which engines end containers was ended by somebody.
func signalledBefore(ended driver.Event) (driver.Event, bool) {
	signal := ended.ExitCode - 128
	if signal != sigkill && signal != sigterm {
		return driver.Event{}, false
	}
	before := ended
	before.Kind, before.ExitCode, before.Signal, before.Stops = driver.EventSignalled, 0, signal, true
	return before, true
}

// isNotFound reports whether an error says that there is no such container. While a
// container is being removed, Podman says so in words alone.
func isNotFound(err error) bool {
	return errdefs.IsNotFound(err) || err != nil && errdefs.IsInternal(err) && strings.Contains(err.Error(), "no such container")
}

// exitCode is the exit code of an event. Podman has another name for it, too.
func exitCode(m events.Message) int {
	for _, name := range []string{"exitCode", "containerExitCode"} {
		if n, err := strconv.Atoi(m.Actor.Attributes[name]); err == nil {
			return n
		}
	}
	return 0
}
