package docker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/network"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Endpoint is where this process reaches the container's port: at the container's own
// address if its network is one of this machine's, and else at the published port.
func (c *target) Endpoint(ctx context.Context, port string) (string, record.Way, error) {
	want, err := network.ParsePort(port)
	if err != nil {
		return "", "", fmt.Errorf("endpoint of %s: port %q: %w: write it as 8080/tcp", c.name, port, err)
	}
	found, err := c.inspect(ctx)
	if err != nil {
		return "", "", err
	}
	state := stateOf(found)
	if !state.Running {
		return "", "", &driver.NotRunningError{Name: c.name, State: state}
	}
	if c.driver.onThisMachine(ctx) {
		if state.HostNetwork {
			return net.JoinHostPort("127.0.0.1", fmt.Sprint(want.Num())), record.Direct, nil
		}
		if address, ok := onLink(state, localAddresses()); ok {
			return netip.AddrPortFrom(address, want.Num()).String(), record.Direct, nil
		}
	}
	bindings := found.NetworkSettings.Ports[want]
	if len(bindings) == 0 {
		return "", "", fmt.Errorf("endpoint of %s: port %s is not published (published: %s): start it with testcontainers.WithExposedPorts(%q)",
			c.name, want, cmp.Or(strings.Join(published(found.NetworkSettings.Ports), ", "), "none"), want)
	}
	host, err := c.driver.daemonHost(ctx)
	if err != nil {
		return "", "", err
	}
	// IPv4 first: an IPv6 binding may have another number.
	slices.SortStableFunc(bindings, func(a, b network.PortBinding) int {
		return a.HostIP.BitLen() - b.HostIP.BitLen()
	})
	return net.JoinHostPort(host, bindings[0].HostPort), record.Published, nil
}

// onLink is an address of the container on a bridge of this machine: the network's gateway
// is an address of this process's own network namespace. IPv4 comes first, and then the
// networks by their names, so that the choice is always the same.
func onLink(state driver.State, local []netip.Addr) (netip.Addr, bool) {
	var all []netip.Addr
	for _, name := range slices.Sorted(maps.Keys(state.Addresses)) {
		for _, address := range state.Addresses[name] {
			if slices.ContainsFunc(state.Gateways[name], func(g netip.Addr) bool { return g.Is4() == address.Is4() && slices.Contains(local, g) }) {
				all = append(all, address)
			}
		}
	}
	if len(all) == 0 {
		return netip.Addr{}, false
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return all[0], true
}

// localAddresses are the addresses of this process's network namespace.
func localAddresses() []netip.Addr {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil // the published port is left
	}
	var all []netip.Addr
	for _, a := range found {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, p.Addr())
		}
	}
	return all
}
