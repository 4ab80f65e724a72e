package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// checkTarget refuses a process that does not belong to the container, and one that has the
// host's network.
func checkTarget(t injector.Target) error {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", t.PID))
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", t.PID, t.Name, err)
	}
	if t.ID != "" && !strings.Contains(string(groups), t.ID) {
		return fmt.Errorf("find process %d of container %s: it is in cgroup %q, which does not belong to the container: has the container been restarted?",
			t.PID, t.Name, strings.TrimSpace(lastLine(string(groups))))
	}
	target, err := os.Stat(fmt.Sprintf("/proc/%d/ns/net", t.PID))
	if err != nil {
		return fmt.Errorf("find the network namespace of container %s: %w", t.Name, err)
	}
	host, err := hostNamespace()
	if err != nil {
		return fmt.Errorf("find the host's network namespace, to stay out of it: %w: the agent needs the host's PID namespace and CAP_SYS_PTRACE", err)
	}
	if os.SameFile(target, host) {
		return fmt.Errorf("container %s has the host's network: a fault there would hit the whole machine: give it a network of its own", t.Name)
	}
	return nil
}

// hostNamespace is the network namespace of the host's first process. If the kernel does
// not let the agent look there, it is that of the first kernel thread.
func hostNamespace() (os.FileInfo, error) {
	first, err := os.Stat("/proc/1/ns/net")
	if err == nil {
		return first, nil
	}
	if name, readErr := os.ReadFile("/proc/2/comm"); readErr == nil && strings.TrimSpace(string(name)) == "kthreadd" {
		return os.Stat("/proc/2/ns/net")
	}
	return nil, err
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// chooseLinks returns the links of the fault: all links with addresses. It refuses a filter
// that cannot match on them.
func chooseLinks(all []tc.Link, f fault.Filter) ([]tc.Link, error) {
	var links []tc.Link
	for _, l := range all {
		if l.Up && !l.Loopback && !l.Ours && len(l.Prefixes) > 0 {
			links = append(links, l)
		}
	}
	if len(links) == 0 {
		return nil, errors.New("find an interface: the target has none, except loopback, that is up and has an address: connect the container to a network")
	}
	if len(f.Peers) == 0 {
		return links, nil
	}
	four, six := classifier.SplitPeers(f.Peers)
	for _, l := range links {
		for _, address := range l.Prefixes {
			for _, peer := range append(four, six...) {
				if canTalk(address.Addr(), peer.Addr()) {
					return links, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("filter %s would match nothing: the target has no address of the peers' family: it has %s", f, addresses(links))
}

// canTalk reports whether a host with the address can exchange packets with the peer. Both
// must be of one family, and link-local addresses only talk to each other.
func canTalk(address, peer netip.Addr) bool {
	if address.Is4() || peer.Is4() {
		return address.Is4() == peer.Is4()
	}
	return peer.IsUnspecified() || address.IsLinkLocalUnicast() == (peer.IsLinkLocalUnicast() || peer.IsLinkLocalMulticast())
}

func addresses(links []tc.Link) string {
	var all []string
	for _, l := range links {
		for _, p := range l.Prefixes {
			all = append(all, p.String()+" on "+l.Name)
		}
	}
	return strings.Join(all, ", ")
}
