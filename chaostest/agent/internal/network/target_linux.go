package network

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// checkTarget refuses a process that does not belong to the container.
func checkTarget(t injector.Target) error {
	thread, err := cgroup.Thread("/proc", t.PID)
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", t.PID, t.Name, err)
	}
	groups, err := os.ReadFile(thread + "/cgroup")
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", t.PID, t.Name, err)
	}
	if t.ID != "" && !strings.Contains(string(groups), t.ID) {
		return fmt.Errorf("find process %d of container %s: it is in cgroup %q, which does not belong to the container: has the container been restarted?",
			t.PID, t.Name, strings.TrimSpace(lastLine(string(groups))))
	}
	return nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// checkPeers refuses a filter that cannot match on the links.
func checkPeers(links []tc.Link, f fault.Filter) error {
	if len(f.Peers) == 0 || len(links) == 0 {
		return nil
	}
	four, six := classifier.SplitPeers(f.Peers)
	for _, l := range links {
		for _, address := range l.Prefixes {
			for _, peer := range append(four, six...) {
				if canTalk(address.Addr(), peer.Addr()) {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("filter %s would match nothing: the target has no address of the peers' family: it has %s", f, addresses(links))
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
