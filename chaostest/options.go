package chaostest

import (
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
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

// On names the targets. There must be one at least.
func On(targets ...*Service) scope.InjectOption { return scope.On(targets...) }

// From limits a network fault to packets that arrive at the target from the
// peers. With Toward and the same peers it is for both directions.
func From(peers ...scope.Peer) scope.InjectOption { return scope.From(peers...) }

// Toward limits a network fault to packets that leave the target for the peers.
func Toward(peers ...scope.Peer) scope.InjectOption { return scope.Toward(peers...) }

// Port limits a network fault to packets with one of the ports at either end.
func Port[P int | fault.PortRange](ports ...P) scope.InjectOption { return scope.Port(ports...) }

// Protocol limits a network fault to fault.TCP, fault.UDP or fault.ICMP.
func Protocol(protocol fault.Protocol) scope.InjectOption { return scope.Protocol(protocol) }

// Direction says which way the packets of a network fault go.
func Direction(d fault.Direction) scope.InjectOption { return scope.Direction(d) }

// Via forces the data path of a network fault.
func Via(path fault.Path) scope.InjectOption { return scope.Via(path) }

// PerSecond is a load's constant rate of arrivals, above 0.
func PerSecond(rate float64) scope.LoadOption { return scope.PerSecond(rate) }

// For is how long a load lasts.
func For(d time.Duration) scope.LoadOption { return scope.For(d) }

// Windows is the width of the windows in which a fleet's members are compared.
func Windows(width time.Duration) scope.LoadOption { return scope.Windows(width) }
