package scope

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Targets are the containers that a fault is for. They come from On.
type Targets struct{ services []*Service }

// On names the targets of a fault.
func On(targets ...*Service) Targets { return Targets{targets} }

// InjectOption narrows a network fault to some of the traffic: a packet is hit when
// it is what every option asks for. Only From, To and Direction choose a way. OrSkip
// is for all faults.
type InjectOption func(*plan)

// Between limits a network fault to the traffic of its targets with the peers, the
// way that the fault goes by itself, or that Direction says.
func Between(peers ...Peer) InjectOption {
	return func(p *plan) { p.with("Between", peers) }
}

// From limits a network fault to the packets that arrive at its targets from the
// peers.
func From(peers ...Peer) InjectOption {
	return func(p *plan) { p.with("From", peers); p.goes("From", fault.Ingress) }
}

// To limits a network fault to the packets that leave its targets for the peers.
func To(peers ...Peer) InjectOption {
	return func(p *plan) { p.with("To", peers); p.goes("To", fault.Egress) }
}

// Direction says which way the packets of a network fault go, seen from its targets:
// fault.Egress, fault.Ingress or fault.Both. Without it the fault has a way of its own.
func Direction(d fault.Direction) InjectOption {
	return func(p *plan) {
		p.given("Direction")
		p.goes(fmt.Sprintf("Direction(fault.%s)", map[fault.Direction]string{
			fault.Egress: "Egress", fault.Ingress: "Ingress", fault.Both: "Both",
		}[d]), d)
	}
}

// Port limits a network fault to TCP and UDP packets with one of the ports at either
// end: a service's port, whichever side the service is on. Ports are numbers, or
// written as for containers: Port(5432), Port("53/udp"), Port("8080/tcp",
// "9000-9100/tcp").
func Port[P int | string](ports ...P) InjectOption {
	return func(p *plan) {
		p.given("Port")
		if len(ports) == 0 {
			p.wrong(errors.New("Port names no port: leave it out to mean all"))
		}
		for _, port := range ports {
			p.port(fmt.Sprint(port))
		}
	}
}

// Protocol limits a network fault to fault.TCP, fault.UDP or fault.ICMP.
func Protocol(protocol fault.Protocol) InjectOption {
	return func(p *plan) {
		p.given("Protocol")
		p.speaks(fmt.Sprintf("Protocol(%s)", strconv.Quote(string(protocol))), protocol)
	}
}

// Via forces the data path of a network fault. Without it the kernel decides.
func Via(path fault.Path) InjectOption {
	return func(p *plan) { p.given("Via"); p.path = path }
}

// OrSkip skips the test where this machine cannot do the fault, and says why. Without
// it such a test fails.
func OrSkip() InjectOption { return func(p *plan) { p.orSkip = true } }
