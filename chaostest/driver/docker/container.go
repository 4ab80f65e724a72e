package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// target is a container on the driver's engine.
type target struct {
	driver *Driver
	name   string
	own    string // the engine's name; empty if it is not known, or if the engine made it up

	mu   sync.Mutex
	id   string
	gone *driver.NotRunningError // once it was removed
}

var _ driver.Target = (*target)(nil)

// Attach finds a container by its name or ID. Any process may have started it. Its name
// is the one that the user wrote, unless a program made that up; see attachedName.
func (d *Driver) Attach(ctx context.Context, ref string) (driver.Target, error) {
	result, err := d.client.ContainerInspect(ctx, ref, client.ContainerInspectOptions{})
	switch {
	case isNotFound(err):
		return nil, fmt.Errorf("find container %s: %w: `docker ps` lists those that run", ref, driver.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("inspect container %s: %w", ref, err)
	}
	found := result.Container
	d.watch(ctx, found.ID)
	return &target{driver: d, name: attachedName(ref, found), own: ownName(ref, found), id: found.ID}, nil
}

// Name is what the suite calls the container.
func (c *target) Name() string { return c.name }

// ID is the container's full ID.
func (c *target) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// Host is the engine's machine.
func (c *target) Host() driver.Host { return c.driver.Host() }

func (c *target) inspect(ctx context.Context) (container.InspectResponse, error) {
	result, err := c.driver.client.ContainerInspect(ctx, c.ID(), client.ContainerInspectOptions{})
	switch {
	case isNotFound(err):
		if other, ok := c.successor(ctx); ok {
			return other, nil
		}
		return result.Container, c.isGone(ctx)
	case err != nil:
		return result.Container, fmt.Errorf("inspect container %s: %w", c.name, err)
	}
	return result.Container, nil
}

// successor is the container that was made under the name of this one after that was
// removed, as `docker compose up --force-recreate` does it. From now on it is the target.
func (c *target) successor(ctx context.Context) (container.InspectResponse, bool) {
	if c.own == "" {
		return container.InspectResponse{}, false
	}
	result, err := c.driver.client.ContainerInspect(ctx, c.own, client.ContainerInspectOptions{})
	if err != nil || strings.TrimPrefix(result.Container.Name, "/") != c.own {
		return container.InspectResponse{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.gone = result.Container.ID, nil
	return result.Container, true
}

// isGone is the error for a container that was there and is removed. The engine's last
// events may still say how it ended.
func (c *target) isGone(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone != nil {
		return c.gone
	}
	gone := &driver.NotRunningError{Name: c.name, State: driver.State{Gone: true}}
	err := c.driver.events(ctx, make(client.Filters).Add("container", c.id), time.Now().AddDate(0, 0, -1), time.Now(), func(e driver.Event) {
		switch e.Kind {
		case driver.EventEnded:
			gone.State.ExitCode, gone.State.ExitKnown = e.ExitCode, true
		case driver.EventOutOfMemory:
			gone.State.OOMKilled = true
		case driver.EventStarted:
			gone.State.OOMKilled = false
		}
	})
	if err == nil {
		c.gone = gone
	}
	return gone
}

// State is the container's state now.
func (c *target) State(ctx context.Context) (driver.State, error) {
	found, err := c.inspect(ctx)
	if err != nil {
		return driver.State{}, err
	}
	return stateOf(found), nil
}

func stateOf(found container.InspectResponse) driver.State {
	state := driver.State{
		Image:     found.Image,
		Addresses: map[string][]netip.Addr{},
		Subnets:   map[string][]netip.Prefix{},
		Gateways:  map[string][]netip.Addr{},
	}
	if s := found.State; s != nil {
		state.Running = s.Running
		state.ExitCode, state.OOMKilled = s.ExitCode, s.OOMKilled
	}
	if h := found.HostConfig; h != nil {
		state.HostNetwork = h.NetworkMode.IsHost()
	}
	if s := found.NetworkSettings; s != nil {
		for name, endpoint := range s.Networks {
			state.Addresses[name] = valid(endpoint.IPAddress, endpoint.GlobalIPv6Address)
			state.Gateways[name] = valid(endpoint.Gateway, endpoint.IPv6Gateway)
			state.Subnets[name] = subnets(endpoint)
		}
		state.Published = published(s.Ports)
	}
	return state
}

func valid(addresses ...netip.Addr) []netip.Addr {
	return slices.DeleteFunc(addresses, func(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() })
}

// published are the ports that the host forwards, sorted.
func published(ports network.PortMap) []string {
	var names []string
	for port, bindings := range ports {
		if len(bindings) > 0 {
			names = append(names, port.String())
		}
	}
	slices.Sort(names)
	return names
}

// subnets are where the containers of a network have their addresses.
func subnets(endpoint *network.EndpointSettings) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range []netip.Prefix{
		netip.PrefixFrom(endpoint.IPAddress, endpoint.IPPrefixLen),
		netip.PrefixFrom(endpoint.GlobalIPv6Address, endpoint.GlobalIPv6PrefixLen),
	} {
		if p.IsValid() && p.Bits() > 0 {
			all = append(all, p.Masked())
		}
	}
	return all
}

// ended replaces an error of the engine if it is because the container does not run.
// A container that was paused gives a conflict, too.
func (c *target) ended(ctx context.Context, err error) error {
	if !errdefs.IsConflict(err) && !isNotFound(err) {
		return err
	}
	state, stateErr := c.State(ctx)
	if down, ok := errors.AsType[*driver.NotRunningError](stateErr); ok {
		return down
	}
	if stateErr == nil && !state.Running {
		return &driver.NotRunningError{Name: c.name, State: state}
	}
	return err
}

// Exec runs a command inside the container.
func (c *target) Exec(ctx context.Context, command ...string) (int, string, error) {
	cli := c.driver.client
	created, err := cli.ExecCreate(ctx, c.ID(), client.ExecCreateOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, "", fmt.Errorf("exec %q in %s: %w", command, c.name, c.ended(ctx, err))
	}
	attached, err := cli.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, "", fmt.Errorf("exec %q in %s: %w", command, c.name, c.ended(ctx, err))
	}
	// When the context ends, closing the connection ends the read.
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	defer attached.Close()
	var output bytes.Buffer
	if _, err := stdcopy.StdCopy(&output, &output, attached.Reader); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return 0, output.String(), fmt.Errorf("exec %q in %s: %w", command, c.name, err)
	}
	for {
		found, err := cli.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
		if err != nil {
			return 0, output.String(), fmt.Errorf("exec %q in %s: %w", command, c.name, c.ended(ctx, err))
		}
		if !found.Running {
			return found.ExitCode, output.String(), nil
		}
		// The daemon marks the end a moment after it closes the stream.
		select {
		case <-ctx.Done():
			return 0, output.String(), fmt.Errorf("exec %q in %s: %w", command, c.name, context.Cause(ctx))
		case <-time.After(5 * time.Millisecond):
		}
	}
}
