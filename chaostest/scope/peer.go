package scope

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Peer is the other end of the traffic in a filter: a *Service, an Address, or Clients.
type Peer interface {
	fmt.Stringer
	// Prefixes are the peer's addresses as the target sees them.
	Prefixes(ctx context.Context, target driver.State) ([]netip.Prefix, error)
}

// Prefixes are the service's addresses on the networks that it shares with the
// target.
func (s *Service) Prefixes(ctx context.Context, target driver.State) ([]netip.Prefix, error) {
	state, err := s.stateNow(ctx)
	if err != nil {
		return nil, err
	}
	if !state.Running {
		return nil, &driver.NotRunningError{Name: s.Name(), State: state}
	}
	addresses := state.Reach(target)
	if len(addresses) == 0 {
		return nil, fmt.Errorf("peer %s has %w, so the filter would match nothing: put it on a network", s.Name(), errNoAddress)
	}
	prefixes := make([]netip.Prefix, len(addresses))
	for i, a := range addresses {
		prefixes[i] = netip.PrefixFrom(a, a.BitLen())
	}
	return prefixes, nil
}

// stateNow is the state of the container that has the service's name now. A service that
// was attached by its name may be another container by now.
func (s *Service) stateNow(ctx context.Context) (driver.State, error) {
	state, err := s.State(ctx)
	if s.ref == "" || err == nil && state.Running {
		return state, err
	}
	d, connectErr := shared.Driver(ctx, s.scope.connect)
	if connectErr != nil {
		return state, err
	}
	if other, attachErr := d.Attach(ctx, s.ref); attachErr == nil && other.ID() != s.ID() {
		return other.State(ctx)
	}
	return state, err
}

// Address is a peer outside the suite: "10.0.0.7", "10.0.0.0/8", "fd00::/8".
type Address string

// String is the address as it was written.
func (a Address) String() string { return string(a) }

// Prefixes parses the address.
func (a Address) Prefixes(context.Context, driver.State) ([]netip.Prefix, error) {
	if address, err := netip.ParseAddr(string(a)); err == nil {
		return []netip.Prefix{netip.PrefixFrom(address, address.BitLen())}, nil
	}
	prefix, err := netip.ParsePrefix(string(a))
	if err != nil {
		return nil, fmt.Errorf("peer %q: neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8", string(a))
	}
	if prefix != prefix.Masked() {
		return nil, fmt.Errorf("peer %q has bits set after its prefix: write %s for the network or %s for the address", string(a), prefix.Masked(), prefix.Addr())
	}
	return []netip.Prefix{prefix}, nil
}
