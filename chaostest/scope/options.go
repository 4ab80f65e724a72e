package scope

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// plan is an injection before anything is touched.
type plan struct {
	targets []*Service
	from    []Peer
	toward  []Peer
	filter  fault.Filter
	asked   []string // filter options that were given, for messages
	path    fault.Path
	errs    []error
}

// InjectOption says on what, and for which traffic, a fault is.
type InjectOption func(*plan)

// On names the targets. There must be one at least.
func On(targets ...*Service) InjectOption {
	return func(p *plan) { p.targets = append(p.targets, targets...) }
}

// From limits a network fault to packets that arrive at the target from the
// peers. With Toward and the same peers it is for both directions.
func From(peers ...Peer) InjectOption {
	return func(p *plan) { p.from, p.asked = append(p.from, peers...), append(p.asked, "From") }
}

// Toward limits a network fault to packets that leave the target for the peers.
func Toward(peers ...Peer) InjectOption {
	return func(p *plan) { p.toward, p.asked = append(p.toward, peers...), append(p.asked, "Toward") }
}

// Port limits a network fault to TCP and UDP packets with one of the ports at
// either end: a service's port, whichever side the service is on. It takes
// numbers or fault.PortRange values.
func Port[P int | fault.PortRange](ports ...P) InjectOption {
	return func(p *plan) {
		p.asked = append(p.asked, "Port")
		for _, port := range ports {
			switch port := any(port).(type) {
			case fault.PortRange:
				p.filter.Ports = append(p.filter.Ports, port)
			case int:
				if port < 1 || port > 65535 {
					p.errs = append(p.errs, fmt.Errorf("port %d: must be from 1 to 65535", port))
					continue
				}
				p.filter.Ports = append(p.filter.Ports, fault.PortRange{First: uint16(port), Last: uint16(port)})
			}
		}
	}
}

// Protocol limits a network fault to fault.TCP, fault.UDP or fault.ICMP.
func Protocol(protocol fault.Protocol) InjectOption {
	return func(p *plan) { p.filter.Protocol, p.asked = protocol, append(p.asked, "Protocol") }
}

// Direction says which way the packets of a network fault go, seen from the
// target, where From and Toward do not say it.
func Direction(d fault.Direction) InjectOption {
	return func(p *plan) { p.filter.Direction, p.asked = d, append(p.asked, "Direction") }
}

// Via forces the data path of a network fault. Without it the kernel decides.
func Via(path fault.Path) InjectOption {
	return func(p *plan) { p.path, p.asked = path, append(p.asked, "Via") }
}

// check finds all that is wrong with the plan that can be known without asking
// anybody, and settles the filter's direction.
func (p *plan) check(f fault.Fault) error {
	errs := append([]error{}, p.errs...)
	if f == nil {
		return errors.New("inject: no fault given")
	}
	if err := f.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(p.targets) == 0 {
		errs = append(errs, errors.New("no target: say On(service)"))
	}
	if slices.Contains(p.targets, nil) {
		errs = append(errs, errors.New("target is nil: was the service started in this spec, or in a BeforeEach?"))
	}
	filterable, ok := f.(fault.Filterable)
	switch {
	case !ok && len(p.asked) > 0:
		errs = append(errs, fmt.Errorf("%s: a filter is for network faults: leave out %s", f, strings.Join(p.asked, ", ")))
	case ok:
		errs = append(errs, p.settleDirection(filterable), p.filter.Validate(), p.path.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("inject %s: %w", f, err)
	}
	return nil
}

func (p *plan) settleDirection(f fault.Filterable) error {
	var implied fault.Direction
	switch {
	case len(p.from) > 0 && len(p.toward) > 0:
		if !slices.Equal(p.from, p.toward) {
			return errors.New("From and Toward name different peers: inject the fault once for each")
		}
		implied = fault.Both
		p.filter.Label = fmt.Sprintf("from and toward %s", names(p.from))
	case len(p.from) > 0:
		implied = fault.Ingress
		p.filter.Label = "from " + names(p.from)
	case len(p.toward) > 0:
		implied = fault.Egress
		p.filter.Label = "toward " + names(p.toward)
	}
	if slices.ContainsFunc(p.peers(), missing) {
		return errors.New("peer is nil: was the service started in this spec, or in a BeforeEach?")
	}
	if implied != "" && p.filter.Direction != "" && implied != p.filter.Direction {
		return fmt.Errorf("Direction(%s) contradicts the direction that From and Toward say (%s)", p.filter.Direction, implied)
	}
	switch {
	case implied != "":
		p.filter.Direction = implied
	case p.filter.Direction == "":
		p.filter.Direction = f.DefaultDirection()
	}
	return nil
}

func (p *plan) peers() []Peer {
	if len(p.from) > 0 {
		return p.from
	}
	return p.toward
}

func missing(peer Peer) bool { return peer == nil || peer == Peer((*Service)(nil)) }

func names(peers []Peer) string {
	all := make([]string, len(peers))
	for i, peer := range peers {
		if missing(peer) {
			all[i] = "nil"
			continue
		}
		all[i] = peer.String()
	}
	return strings.Join(all, ", ")
}

// resolve fills in the peers' addresses as the target sees them.
func (p *plan) resolve(ctx context.Context, target driver.State) (fault.Filter, error) {
	filter := p.filter
	filter.Peers = nil
	for _, peer := range p.peers() {
		prefixes, err := peer.Prefixes(ctx, target)
		if err != nil {
			return filter, err
		}
		filter.Peers = append(filter.Peers, prefixes...)
	}
	slices.SortFunc(filter.Peers, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return filter, filter.Validate()
}
