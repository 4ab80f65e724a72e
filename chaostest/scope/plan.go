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

	restarts  restarts
	comeAndGo bool

	options       []string // the filters in use, for messages
	directionFrom string   // the option that chose the direction
	protocolFrom  string   // the option that chose the protocol
	errs          []error
}

// newPlan combines the options. It returns an error for everything that is wrong and
// can be found without asking the driver.
func newPlan(f fault.Fault, on Targets, options []InjectOption) (*plan, error) {
	if f == nil {
		return nil, errors.New("inject: the fault is nil: name one, such as fault.Pause()")
	}
	p := &plan{fault: f, targets: on.services}
	for i, o := range options {
		if o == nil {
			p.addError(fmt.Errorf("option %d is nil: leave it out", i+1))
			continue
		}
		o(p)
	}
	if err := errors.Join(append(p.errs, p.check())...); err != nil {
		return nil, fmt.Errorf("inject %s: %w", f, err)
	}
	return p, nil
}

// used records the name of a filter option.
func (p *plan) used(option string) { p.options = append(p.options, option) }

func (p *plan) addError(err error) { p.errs = append(p.errs, err) }

// addPeers adds peers.
func (p *plan) addPeers(option string, peers []Peer) {
	p.used(option)
	if len(peers) == 0 {
		p.addError(fmt.Errorf("%s names no peer: leave it out to mean all traffic", option))
	}
	p.peers = append(p.peers, peers...)
}

// setDirection sets the direction; a second option must not contradict the first.
func (p *plan) setDirection(option string, d fault.Direction) {
	switch {
	case p.filter.Direction == "" || p.filter.Direction == d:
		p.filter.Direction, p.directionFrom = d, option
	default:
		p.addError(fmt.Errorf("%s contradicts %s: to mean both ways, say Between(peers) and Direction(fault.Both)", option, p.directionFrom))
	}
}

// restarts says what becomes of the fault when a target is restarted.
type restarts string

const (
	noRestarts     restarts = "" // nobody expects one
	followRestarts restarts = "AcrossRestarts"
	endAtRestart   restarts = "UntilRestart"
)

func (p *plan) setRestarts(option string, r restarts) {
	if p.restarts != noRestarts && p.restarts != r {
		p.addError(fmt.Errorf("%s contradicts %s: say one of them", option, p.restarts))
	}
	p.restarts = r
}

// setProtocol sets the protocol; a second option must not contradict the first.
func (p *plan) setProtocol(option string, protocol fault.Protocol) {
	if p.protocolFrom != "" && p.filter.Protocol != protocol {
		p.addError(fmt.Errorf("%s contradicts %s: inject the fault once for each protocol", option, p.protocolFrom))
		return
	}
	p.filter.Protocol, p.protocolFrom = protocol, option
}

func (p *plan) addPort(text string) {
	ports, protocol, err := fault.ParsePorts(text)
	if err != nil {
		p.addError(err)
		return
	}
	p.filter.Ports = append(p.filter.Ports, ports)
	if protocol != fault.AnyProtocol {
		p.setProtocol(fmt.Sprintf("Port(%q)", text), protocol)
	}
}

// check validates the plan, and sets the direction if no option did.
func (p *plan) check() error {
	var errs []error
	if err := p.fault.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(p.targets) == 0 {
		errs = append(errs, errors.New("no target: say On(service)"))
	}
	if slices.Contains(p.targets, nil) {
		errs = append(errs, errors.New("a target is nil: was the service started in this spec, or in a BeforeEach?"))
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
			return errors.New("a peer is nil: was the service started in this spec, or in a BeforeEach?")
		case isService && len(p.peers) == 1 && slices.Contains(p.targets, service):
			return fmt.Errorf("%s is a target and its only peer: what a container sends to itself does not leave it", service)
		}
		names[i] = peer.String()
	}
	p.filter.Label = strings.Join(names, ", ")
	return nil
}

// resolve returns the filter with the peers' addresses as the target sees them.
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
