package fault

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Direction is the way that packets go, as the target sees it.
type Direction string

// The directions. Both applies the fault each way: a delay of 100 ms in both
// directions adds 200 ms to a round trip.
const (
	DefaultDirection Direction = ""
	Egress           Direction = "egress"
	Ingress          Direction = "ingress"
	Both             Direction = "both"
)

// Has reports whether d includes one, either Egress or Ingress.
func (d Direction) Has(one Direction) bool { return d == one || d == Both }

// Protocol is a transport protocol.
type Protocol string

// The protocols that a filter knows. On IPv6, ICMP means ICMPv6. A filter never
// matches ARP or neighbour discovery (ICMPv6 types 133 to 137): without them
// addresses stop resolving, and that is a different fault.
const (
	AnyProtocol Protocol = ""
	TCP         Protocol = "tcp"
	UDP         Protocol = "udp"
	ICMP        Protocol = "icmp"
)

// Filter selects the packets of a network fault. A packet must match every part:
// direction AND peer AND port AND protocol. An empty part matches everything.
type Filter struct {
	// Direction as seen from the target; empty takes the fault's default.
	Direction Direction `json:"direction,omitempty"`
	// Peers are the networks at the other end. A packet matches when the address of
	// its other end is in one of them.
	Peers []netip.Prefix `json:"peers,omitempty"`
	// Ports match a TCP or UDP packet whose source or destination port is in one of
	// them, so it does not matter on which side the service is.
	Ports []PortRange `json:"ports,omitempty"`
	// Protocol limits the fault to one transport protocol.
	Protocol Protocol `json:"protocol,omitempty"`
	// Label names the peers ("shop"); for people only.
	Label string `json:"label,omitempty"`
}

// MaxPeers is the largest number of peers in one filter. Each is compared in
// turn for every packet.
const MaxPeers = 128

// MaxPorts is the largest number of port ranges in one filter.
const MaxPorts = 64

// Validate returns an error for a filter that contradicts itself or is too large.
func (f Filter) Validate() error {
	switch f.Direction {
	case DefaultDirection, Egress, Ingress, Both:
	default:
		return fmt.Errorf("filter direction %q: must be egress, ingress or both", f.Direction)
	}
	switch f.Protocol {
	case AnyProtocol, TCP, UDP, ICMP:
	default:
		return fmt.Errorf("filter protocol %q: must be tcp, udp or icmp", f.Protocol)
	}
	if f.Protocol == ICMP && len(f.Ports) > 0 {
		return fmt.Errorf("filter ports %s with protocol icmp: ICMP has no ports, so nothing would match", joinPorts(f.Ports))
	}
	if len(f.Peers) > MaxPeers {
		return fmt.Errorf("filter with %d peers: at most %d: name a network such as 10.0.0.0/8", len(f.Peers), MaxPeers)
	}
	if len(f.Ports) > MaxPorts {
		return fmt.Errorf("filter with %d port ranges: at most %d: join them into ranges", len(f.Ports), MaxPorts)
	}
	for _, p := range f.Peers {
		if !p.IsValid() {
			return fmt.Errorf("filter peer %s: not an address or network", p)
		}
	}
	for _, r := range f.Ports {
		if r.First == 0 || r.First > r.Last {
			return fmt.Errorf("filter port %s: must be from 1 to 65535, the lower end first", r)
		}
	}
	return nil
}

// Overlaps reports whether one packet could match both filters. The directions must
// be set: a filter without one overlaps nothing.
func (f Filter) Overlaps(g Filter) bool {
	way := (f.Direction.Has(Egress) && g.Direction.Has(Egress)) ||
		(f.Direction.Has(Ingress) && g.Direction.Has(Ingress))
	if !way {
		return false
	}
	if !protocolsMeet(f, g) || !portsMeet(f.Ports, g.Ports) {
		return false
	}
	if len(f.Peers) == 0 || len(g.Peers) == 0 {
		return true
	}
	for _, p := range f.Peers {
		if slices.ContainsFunc(g.Peers, p.Overlaps) {
			return true
		}
	}
	return false
}

func protocolsMeet(f, g Filter) bool {
	if f.Protocol != AnyProtocol && g.Protocol != AnyProtocol {
		return f.Protocol == g.Protocol
	}
	// A filter with ports means TCP or UDP, which ICMP is not.
	return !(f.Protocol == ICMP && len(g.Ports) > 0) && !(g.Protocol == ICMP && len(f.Ports) > 0)
}

// portsMeet reports whether one packet may match both sets. In theory any two sets
// meet, because a packet has two ports: one from 80 to 5432 matches both. In practice
// a client's port is not the port of another service, so disjoint sets do not meet.
func portsMeet(a, b []PortRange) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, r := range a {
		for _, s := range b {
			if r.First <= s.Last && s.First <= r.Last {
				return true
			}
		}
	}
	return false
}

// String describes the filter: "egress to 10.0.0.7, port 5432, tcp".
func (f Filter) String() string {
	var parts []string
	way := string(f.Direction)
	if peers := f.peersText(); peers != "" {
		way += map[Direction]string{Egress: " to ", Ingress: " from ", Both: " to and from "}[f.Direction] + peers
	}
	if way = strings.TrimSpace(way); way != "" {
		parts = append(parts, way)
	}
	if len(f.Ports) > 0 {
		parts = append(parts, "port "+joinPorts(f.Ports))
	}
	if f.Protocol != AnyProtocol {
		parts = append(parts, string(f.Protocol))
	}
	return strings.Join(parts, ", ")
}

// peersText is the label, or the peers' addresses if there is no label.
func (f Filter) peersText() string {
	if f.Label != "" {
		return f.Label
	}
	peers := make([]string, len(f.Peers))
	for i, p := range f.Peers {
		peers[i] = peerString(p)
	}
	return strings.Join(peers, ", ")
}

func peerString(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func joinPorts(ports []PortRange) string {
	parts := make([]string, len(ports))
	for i, r := range ports {
		parts[i] = r.String()
	}
	return strings.Join(parts, ", ")
}
