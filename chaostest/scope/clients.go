package scope

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Clients is the peer that stands for everything that reaches a target through its
// published ports: the test process and its probes, other programs on the host, and
// other machines. Probes that go to the container's own address come from the gateway of
// its network, and so are clients, too. Without Port, the filter matches only the
// published ports:
//
//	Inject(ctx, fault.Delay(300*time.Millisecond), On(shop), Between(Clients))
const Clients = clients("clients")

type clients string

// String is "clients".
func (c clients) String() string { return string(c) }

// Prefixes are all addresses outside the target's networks, and the gateways of these
// networks, because Docker's proxy and masquerading send from a gateway. A container on
// the target's network that uses a published port comes from the gateway, too.
func (c clients) Prefixes(_ context.Context, target driver.State) ([]netip.Prefix, error) {
	var inside []netip.Prefix
	var gateways []netip.Prefix
	for name, subnets := range target.Subnets {
		inside = append(inside, subnets...)
		for _, g := range target.Gateways[name] {
			gateways = append(gateways, netip.PrefixFrom(g, g.BitLen()))
		}
	}
	if len(inside) == 0 {
		return nil, errors.New("peer clients: the container is on no network, so it has no clients: put it on one")
	}
	var all []netip.Prefix
	for _, whole := range []netip.Prefix{everyIPv4, everyIPv6} {
		within := slices.DeleteFunc(slices.Clone(inside), func(p netip.Prefix) bool { return !whole.Overlaps(p) })
		if len(within) == 0 {
			continue // the container has no address of this kind
		}
		if whole == everyIPv6 {
			within = append(within, linkLocal)
		}
		all = append(all, outside(whole, within)...)
	}
	return append(all, gateways...), nil
}

var (
	everyIPv4 = netip.MustParsePrefix("0.0.0.0/0")
	everyIPv6 = netip.MustParsePrefix("::/0")
	linkLocal = netip.MustParsePrefix("fe80::/10") // neighbours, whatever the network
)

// outside is the part of the whole that is in none of the networks, in the fewest
// prefixes.
func outside(whole netip.Prefix, networks []netip.Prefix) []netip.Prefix {
	switch {
	case slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Bits() <= whole.Bits() && n.Overlaps(whole) }):
		return nil
	case !slices.ContainsFunc(networks, whole.Overlaps):
		return []netip.Prefix{whole}
	}
	low, high := halves(whole)
	return append(outside(low, networks), outside(high, networks)...)
}

func halves(p netip.Prefix) (low, high netip.Prefix) {
	bytes := p.Addr().AsSlice()
	bytes[p.Bits()/8] |= 1 << (7 - p.Bits()%8)
	upper, _ := netip.AddrFromSlice(bytes) // as many bytes as it had
	return netip.PrefixFrom(p.Addr(), p.Bits()+1), netip.PrefixFrom(upper, p.Bits()+1)
}

// addPublished limits a filter for clients without a port to the published ports,
// because a client's address may also be that of a service that the target calls.
func (p *plan) addPublished(filter *fault.Filter, target driver.State) error {
	if len(filter.Ports) > 0 || !slices.Contains(p.peers, Peer(Clients)) {
		return nil
	}
	if slices.ContainsFunc(p.peers, func(other Peer) bool { return other != Peer(Clients) }) {
		return errors.New("peer clients beside other peers: clients are recognized by the published ports, other peers are not: say Port, or inject the fault once for the clients and once for the others")
	}
	for _, published := range target.Published {
		ports, _, err := fault.ParsePorts(published)
		if err != nil {
			continue // neither TCP nor UDP
		}
		if !slices.Contains(filter.Ports, ports) {
			filter.Ports = append(filter.Ports, ports)
		}
	}
	if len(filter.Ports) == 0 {
		return fmt.Errorf("peer clients: the container publishes no port, so it has no clients: start it with testcontainers.WithExposedPorts, or say Port")
	}
	slices.SortFunc(filter.Ports, func(a, b fault.PortRange) int { return int(a.First) - int(b.First) })
	return nil
}
