package chaostest

import (
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

type (
	// Service is a container of the spec: a target, and a peer that filters name.
	Service = scope.Service
	// Injection is a fault that is live on its targets.
	Injection = scope.Injection
	// Address is a peer outside the suite: "10.0.0.7", "10.0.0.0/8", "fd00::/8".
	Address = scope.Address
)

// Clients is the peer that stands for everything that reaches a container through its
// published ports, such as the test process and its probes.
const Clients = scope.Clients

// On names the targets of a fault.
func On(targets ...*Service) scope.Targets { return scope.On(targets...) }

// Between limits a network fault to the traffic of its targets with the peers.
func Between(peers ...scope.Peer) scope.InjectOption { return scope.Between(peers...) }

// From limits a network fault to the packets that arrive from the peers.
func From(peers ...scope.Peer) scope.InjectOption { return scope.From(peers...) }

// To limits a network fault to the packets that leave for the peers.
func To(peers ...scope.Peer) scope.InjectOption { return scope.To(peers...) }

// Direction says which way the packets of a network fault go: fault.Egress,
// fault.Ingress or fault.Both.
func Direction(d fault.Direction) scope.InjectOption { return scope.Direction(d) }

// Port limits a network fault to packets with one of the ports at either end:
// Port(5432), Port("53/udp"), Port("8080/tcp", "9000-9100/tcp").
func Port[P int | string](ports ...P) scope.InjectOption { return scope.Port(ports...) }

// Protocol limits a network fault to fault.TCP, fault.UDP or fault.ICMP.
func Protocol(protocol fault.Protocol) scope.InjectOption { return scope.Protocol(protocol) }

// Via forces the data path of a network fault.
func Via(path fault.Path) scope.InjectOption { return scope.Via(path) }

// OrSkip skips the spec if this machine cannot do the fault.
func OrSkip() scope.InjectOption { return scope.OrSkip() }

// AcrossRestarts makes the fault follow its targets when they are restarted.
func AcrossRestarts() scope.InjectOption { return scope.AcrossRestarts() }

// UntilRestart makes the fault end with its targets, which is then no finding.
func UntilRestart() scope.InjectOption { return scope.UntilRestart() }

// NetworksComeAndGo allows for networks that are disconnected and connected under the fault.
func NetworksComeAndGo() scope.InjectOption { return scope.NetworksComeAndGo() }

// PerSecond is a load's constant rate of arrivals, above 0.
func PerSecond(rate float64) probe.Rate { return scope.PerSecond(rate) }

// For is how long a load lasts.
func For(d time.Duration) scope.Span { return scope.For(d) }
