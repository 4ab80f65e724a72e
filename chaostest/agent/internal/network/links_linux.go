package network

import (
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// chooseLinks returns the links of a fault: all that are up, have addresses, and lead out of
// the container.
func (n *namespace) chooseLinks(all []tc.Link) []tc.Link {
	links := addressed(all)
	if len(links) < 2 {
		return links
	}
	host, err := n.kernel.IDOf("/proc/1/ns/net")
	if err != nil || host < 0 {
		// An engine may be in another network than the host's first process. A namespace
		// counts the others that its links lead to from 0, and the engine's link is its first.
		host = 0
	}
	return leadingOut(links, all, host)
}

// addressed returns the links that are up and have addresses.
func addressed(all []tc.Link) []tc.Link {
	var links []tc.Link
	for _, l := range all {
		if l.Up && !l.Loopback && !l.Ours && len(l.Prefixes) > 0 {
			links = append(links, l)
		}
	}
	return links
}

// leadingOut leaves out the links of containers in the container, as Docker and Kubernetes
// inside make them. A packet of such a container is hit when it leaves by the engine's link,
// and is not to be hit two more times by a bridge and its port. host is what the namespace calls
// the other end of the engine's links.
func leadingOut(links, all []tc.Link, host int) []tc.Link {
	isPort := func(l tc.Link) bool {
		return l.Master != 0 && slices.ContainsFunc(all, func(b tc.Link) bool { return b.Index == l.Master && b.Kind == "bridge" })
	}
	leads := func(l tc.Link) bool {
		if l.Kind != "bridge" {
			return l.Elsewhere == host
		}
		return slices.ContainsFunc(all, func(port tc.Link) bool { return port.Master == l.Index && port.Elsewhere == host })
	}
	var out []tc.Link
	for _, l := range links {
		inner := isPort(l) || !leads(l) && (l.Kind == "bridge" || l.Kind == "veth")
		if !inner {
			out = append(out, l)
		}
	}
	if !slices.ContainsFunc(out, leads) {
		return links // the engine's links are of another kind
	}
	return out
}
