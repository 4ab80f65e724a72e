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

// nobody are addresses for documentation, which no host has (RFC 5737 and RFC 3849). The
// filter for peers without an address names them: the peer's last address may belong to
// another container by now.
var nobody = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::1/128")}

// errNoAddress is in the error for a peer that has none.
var errNoAddress = errors.New("no address")

// absent reports whether the error says that a peer is not there.
func absent(err error) bool {
	_, down := errors.AsType[*driver.NotRunningError](err)
	return down || errors.Is(err, errNoAddress) || errors.Is(err, driver.ErrNotFound)
}

// resolveLive is resolve for a fault that is live: a peer that is gone matches nothing
// until it comes back.
func (p *plan) resolveLive(ctx context.Context, target driver.State) (fault.Filter, error) {
	there := *p
	there.peers = nil
	for _, peer := range p.peers {
		switch _, err := peer.Prefixes(ctx, target); {
		case err == nil:
			there.peers = append(there.peers, peer)
		case !absent(err):
			return fault.Filter{}, err
		}
	}
	if len(there.peers) == 0 && len(p.peers) > 0 {
		filter := p.filter
		filter.Peers = slices.Clone(nobody)
		return filter, filter.Validate()
	}
	return there.resolve(ctx, target)
}

// moves reports whether the event may have changed an address that the filter names.
func (i *Injection) moves(ctx context.Context, e driver.Event) bool {
	switch e.Kind {
	case driver.EventStarted, driver.EventEnded, driver.EventRenamed, driver.EventConnected, driver.EventDisconnected:
	default:
		return false
	}
	if len(i.plan.peers) == 0 {
		return false
	}
	return slices.ContainsFunc(i.parts, func(p *part) bool { return p.params.TargetID == e.ID }) ||
		slices.ContainsFunc(i.plan.peers, func(peer Peer) bool {
			service, ok := peer.(*Service)
			return ok && (service.ID() == e.ID || e.Name != "" && service.ref == e.Name || service.replacedBy(ctx, e))
		})
}

// replacedBy reports whether another container has started in the place of the service's,
// which is gone.
func (s *Service) replacedBy(ctx context.Context, e driver.Event) bool {
	if e.Kind != driver.EventStarted {
		return false
	}
	_, err := s.State(ctx)
	return err == nil && s.ID() == e.ID
}

// refilter gives the fault the addresses that its peers have now.
func (i *Injection) refilter(ctx context.Context, e driver.Event) {
	for _, p := range i.parts {
		if !p.live {
			continue
		}
		state, err := p.service.State(ctx)
		if err != nil || !state.Running {
			continue // its own end is another event
		}
		filter, err := i.plan.resolveLive(ctx, state)
		if err == nil && slices.Equal(filter.Peers, p.params.Filter.Peers) && slices.Equal(filter.Ports, p.params.Filter.Ports) {
			continue
		}
		if err == nil {
			err = p.agent.Filter(ctx, p.params.ID, filter)
		}
		i.mu.Lock()
		switch {
		case err != nil:
			p.gap(e.Time, fmt.Sprintf("a peer has moved, and the fault could not follow it: %v", err), false)
		case !adds(filter.Peers, p.params.Filter.Peers):
			p.say("a peer was gone at %s, and the fault waits for it", clock(e.Time))
		default:
			// Packets of the new address passed untouched until now.
			p.gap(e.Time, "a peer has another address", true)
			p.say("a peer has moved at %s, and the fault has followed", clock(e.Time))
		}
		if err == nil {
			p.closeGaps()
			p.params.Filter = filter
		}
		i.mu.Unlock()
	}
}

// adds reports whether the new peers have an address that the old ones have not.
func adds(now, before []netip.Prefix) bool {
	return slices.ContainsFunc(now, func(p netip.Prefix) bool { return !slices.Contains(nobody, p) && !slices.Contains(before, p) })
}
