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
	fault   fault.Fault
	targets []*Service
	peers   []Peer
	filter  fault.Filter
	path    fault.Path
	orSkip  bool

	options  []string // that were given, for messages
	way      string   // the option that chose the direction
	protocol string   // the option that chose the protocol
	errs     []error
}

// newPlan is what the options say together, and what is wrong with it as far as that
// can be known without asking anybody.
func newPlan(f fault.Fault, on Targets, options []InjectOption) (*plan, error) {
	if f == nil {
		return nil, errors.New("inject: no fault given")
	}
	p := &plan{fault: f, targets: on.services}
	for _, o := range options {
		o(p)
	}
	if err := errors.Join(append(p.errs, p.check())...); err != nil {
		return nil, fmt.Errorf("inject %s: %w", f, err)
	}
	return p, nil
}

func (p *plan) given(option string) { p.options = append(p.options, option) }

func (p *plan) wrong(err error) { p.errs = append(p.errs, err) }

// with adds peers.
func (p *plan) with(option string, peers []Peer) {
	p.given(option)
	if len(peers) == 0 {
		p.wrong(fmt.Errorf("%s names no peer: leave it out to mean all traffic", option))
	}
	p.peers = append(p.peers, peers...)
}

// goes chooses the direction, once.
func (p *plan) goes(option string, d fault.Direction) {
	switch {
	case p.filter.Direction == "" || p.filter.Direction == d:
		p.filter.Direction, p.way = d, option
	default:
		p.wrong(fmt.Errorf("%s contradicts %s: to mean both ways, say Between(peers) and Direction(fault.Both)", option, p.way))
	}
}

// speaks chooses the protocol, once.
func (p *plan) speaks(option string, protocol fault.Protocol) {
	if p.protocol != "" && p.filter.Protocol != protocol {
		p.wrong(fmt.Errorf("%s contradicts %s: inject the fault once for each protocol", option, p.protocol))
		return
	}
	p.filter.Protocol, p.protocol = protocol, option
}

func (p *plan) port(text string) {
	ports, protocol, err := fault.ParsePorts(text)
	if err != nil {
		p.wrong(err)
		return
	}
	p.filter.Ports = append(p.filter.Ports, ports)
	if protocol != fault.AnyProtocol {
		p.speaks(fmt.Sprintf("Port(%q)", text), protocol)
	}
}

// check settles the direction.
func (p *plan) check() error {
	var errs []error
	if err := p.fault.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(p.targets) == 0 {
		errs = append(errs, errors.New("no target: say On(service)"))
	}
	if slices.Contains(p.targets, nil) {
		errs = append(errs, errors.New("target is nil: was the service started in this spec, or in a BeforeEach?"))
	}
	filterable, ok := p.fault.(fault.Filterable)
	switch {
	case !ok && len(p.options) > 0:
		errs = append(errs, fmt.Errorf("%s: a filter is for network faults: leave out %s", p.fault, strings.Join(p.options, ", ")))
	case ok:
		if p.filter.Direction == "" {
			p.filter.Direction = filterable.DefaultDirection()
		}
		errs = append(errs, p.checkPeers(), p.filter.Validate(), p.path.Validate())
	}
	return errors.Join(errs...)
}

func (p *plan) checkPeers() error {
	names := make([]string, len(p.peers))
	for i, peer := range p.peers {
		service, isService := peer.(*Service)
		switch {
		case peer == nil || isService && service == nil:
			return errors.New("peer is nil: was the service started in this spec, or in a BeforeEach?")
		case isService && len(p.peers) == 1 && slices.Contains(p.targets, service):
			return fmt.Errorf("%s is a target and its only peer: what a container sends to itself does not leave it", service)
		}
		names[i] = peer.String()
	}
	p.filter.Label = strings.Join(names, ", ")
	return nil
}

// resolve fills in the peers' addresses as the target sees them.
func (p *plan) resolve(ctx context.Context, target driver.State) (fault.Filter, error) {
	filter := p.filter
	filter.Peers = nil
	for _, peer := range p.peers {
		prefixes, err := peer.Prefixes(ctx, target)
		if err != nil {
			return filter, err
		}
		filter.Peers = append(filter.Peers, prefixes...)
	}
	slices.SortFunc(filter.Peers, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	if err := p.addPublished(&filter, target); err != nil {
		return filter, err
	}
	return filter, filter.Validate()
}
