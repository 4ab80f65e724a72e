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

// InjectOption narrows a network fault to some of the traffic. A packet is hit if it
// matches every option. Only From, To and Direction choose a direction. OrSkip,
// AcrossRestarts and UntilRestart are for all faults.
type InjectOption func(*plan)

// Between limits a network fault to the traffic between its targets and the peers. The
// direction is the fault's default, or the one that Direction sets.
func Between(peers ...Peer) InjectOption {
	return func(p *plan) { p.addPeers("Between", peers) }
}

// From limits a network fault to the packets that arrive at its targets from the
// peers.
func From(peers ...Peer) InjectOption {
	return func(p *plan) { p.addPeers("From", peers); p.setDirection("From", fault.Ingress) }
}

// To limits a network fault to the packets that leave its targets for the peers.
func To(peers ...Peer) InjectOption {
	return func(p *plan) { p.addPeers("To", peers); p.setDirection("To", fault.Egress) }
}

// Direction sets the direction of a network fault, as its targets see it: fault.Egress,
// fault.Ingress or fault.Both. Without it the fault's default applies.
func Direction(d fault.Direction) InjectOption {
	return func(p *plan) {
		p.used("Direction")
		p.setDirection(fmt.Sprintf("Direction(fault.%s)", map[fault.Direction]string{
			fault.Egress: "Egress", fault.Ingress: "Ingress", fault.Both: "Both",
		}[d]), d)
	}
}

// Port limits a network fault to TCP and UDP packets with one of the ports at either
// end, so it does not matter on which side the service is. Ports are numbers, or written
// as for containers: Port(5432), Port("53/udp"), Port("8080/tcp", "9000-9100/tcp").
func Port[P int | string](ports ...P) InjectOption {
	return func(p *plan) {
		p.used("Port")
		if len(ports) == 0 {
			p.addError(errors.New("Port names no port: leave it out to mean all"))
		}
		for _, port := range ports {
			p.addPort(fmt.Sprint(port))
		}
	}
}

// Protocol limits a network fault to fault.TCP, fault.UDP or fault.ICMP.
func Protocol(protocol fault.Protocol) InjectOption {
	return func(p *plan) {
		p.used("Protocol")
		p.setProtocol(fmt.Sprintf("Protocol(%s)", strconv.Quote(string(protocol))), protocol)
	}
}

// Via forces the data path of a network fault. Without it the kernel decides.
func Via(path fault.Path) InjectOption {
	return func(p *plan) { p.used("Via"); p.path = path }
}

// OrSkip skips the test if this machine cannot do the fault, and says why. Without it
// the test fails.
func OrSkip() InjectOption { return func(p *plan) { p.orSkip = true } }

// AcrossRestarts makes the fault follow its targets when they are restarted, or removed and
// recreated under their names: it is injected again as soon as the container runs. The time in between is an expected
// gap in its evidence. A target that ends by itself is a finding, unless it is started again.
func AcrossRestarts() InjectOption {
	return func(p *plan) { p.setRestarts("AcrossRestarts", followRestarts) }
}

// UntilRestart makes the fault end with its targets: when one ends, for whatever reason,
// that is the end of the fault there, and no finding.
func UntilRestart() InjectOption {
	return func(p *plan) { p.setRestarts("UntilRestart", endAtRestart) }
}

// NetworksComeAndGo allows for networks of the targets that are disconnected and connected
// while a network fault is live. It is put on each new link, and the time without it is an
// expected gap. Without this option it fails the test.
func NetworksComeAndGo() InjectOption {
	return func(p *plan) { p.used("NetworksComeAndGo"); p.comeAndGo = true }
}
