package docker

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
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
	id     string
}

var _ driver.Target = (*target)(nil)

// Attach finds a container by its name or ID. Any process may have started it.
func (d *Driver) Attach(ctx context.Context, ref string) (driver.Target, error) {
	c := &target{driver: d, name: ref, id: ref}
	found, err := c.inspect(ctx)
	if err != nil {
		return nil, err
	}
	c.id = found.ID
	if strings.HasPrefix(found.ID, ref) {
		c.name = strings.TrimPrefix(found.Name, "/")
	}
	return c, nil
}

// Name is what the suite calls the container.
func (c *target) Name() string { return c.name }

// ID is the container's full ID.
func (c *target) ID() string { return c.id }

// Host is the engine's machine.
func (c *target) Host() driver.Host { return c.driver.Host() }

func (c *target) inspect(ctx context.Context) (container.InspectResponse, error) {
	result, err := c.driver.client.ContainerInspect(ctx, c.id, client.ContainerInspectOptions{})
	switch {
	case errdefs.IsNotFound(err):
		return result.Container, fmt.Errorf("find container %s: %w: `docker ps` lists those that run", c.name, driver.ErrNotFound)
	case err != nil:
		return result.Container, fmt.Errorf("inspect container %s: %w", c.name, err)
	}
	return result.Container, nil
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

// Exec runs a command inside the container.
func (c *target) Exec(ctx context.Context, command ...string) (int, string, error) {
	cli := c.driver.client
	created, err := cli.ExecCreate(ctx, c.id, client.ExecCreateOptions{Cmd: command, AttachStdout: true, AttachStderr: true})
	if errdefs.IsConflict(err) {
		// The engine's way to say that the container stopped or is paused.
		if state, stateErr := c.State(ctx); stateErr == nil && !state.Running {
			err = &driver.NotRunningError{Name: c.name, State: state}
		}
	}
	if err != nil {
		return 0, "", fmt.Errorf("exec %q in %s: %w", command, c.name, err)
	}
	attached, err := cli.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, "", fmt.Errorf("exec %q in %s: %w", command, c.name, err)
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
			return 0, output.String(), fmt.Errorf("exec %q in %s: %w", command, c.name, err)
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
