package docker

import (
	"net/netip"
	"testing"
	"testing/fstest"

	"github.com/moby/moby/api/types/system"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

func TestAContainerIsReachedAtItsOwnAddressOnABridgeOfThisMachine(t *testing.T) {
	all := func(addresses ...string) (parsed []netip.Addr) {
		for _, a := range addresses {
			parsed = append(parsed, netip.MustParseAddr(a))
		}
		return parsed
	}
	local := all("127.0.0.1", "192.168.1.5", "172.17.0.1", "172.18.0.1", "fd00::1")
	for name, c := range map[string]struct {
		state driver.State
		want  string
	}{
		"the default bridge": {driver.State{
			Addresses: map[string][]netip.Addr{"bridge": all("172.17.0.2")},
			Gateways:  map[string][]netip.Addr{"bridge": all("172.17.0.1")},
		}, "172.17.0.2"},
		"of two networks always the same": {driver.State{
			Addresses: map[string][]netip.Addr{"b": all("172.18.0.9"), "a": all("172.17.0.2")},
			Gateways:  map[string][]netip.Addr{"b": all("172.18.0.1"), "a": all("172.17.0.1")},
		}, "172.17.0.2"},
		"IPv4 first": {driver.State{
			Addresses: map[string][]netip.Addr{"a": all("fd00::2"), "b": all("172.18.0.9")},
			Gateways:  map[string][]netip.Addr{"a": all("fd00::1"), "b": all("172.18.0.1")},
		}, "172.18.0.9"},
		"IPv6 alone": {driver.State{
			Addresses: map[string][]netip.Addr{"a": all("fd00::2")},
			Gateways:  map[string][]netip.Addr{"a": all("fd00::1")},
		}, "fd00::2"},
		// This process may be in a container on a network with the same addresses as one of
		// an engine that is itself in a container.
		"a network that only looks like ours": {driver.State{
			Addresses: map[string][]netip.Addr{"bridge": all("172.17.0.3")},
			Gateways:  map[string][]netip.Addr{"bridge": all("172.17.0.254")},
		}, ""},
		"a network without a gateway": {driver.State{Addresses: map[string][]netip.Addr{"macvlan": all("192.168.1.77")}}, ""},
		"no network":                  {driver.State{}, ""},
	} {
		address, ok := onLink(c.state, local)
		if ok != (c.want != "") || ok && address.String() != c.want {
			t.Errorf("%s: %s, %v, want %q", name, address, ok, c.want)
		}
	}
}

func TestAnEngineIsOfThisMachineOrNot(t *testing.T) {
	g := NewWithT(t)
	machine := fstest.MapFS{
		"proc/sys/kernel/hostname":  {Data: []byte("laptop\n")},
		"proc/sys/kernel/osrelease": {Data: []byte("6.8.0-31\n")},
		"proc/meminfo":              {Data: []byte("MemTotal:       24684084 kB\nMemFree: 1 kB\n")},
	}
	here := system.Info{Name: "laptop", KernelVersion: "6.8.0-31", MemTotal: 25276502016, SecurityOptions: []string{"name=seccomp,profile=default"}}
	g.Expect(isHere(here, machine)).To(BeTrue())
	for name, change := range map[string]func(*system.Info){
		"in a virtual machine":                  func(i *system.Info) { i.KernelVersion = "6.6.12-linuxkit" },
		"in one with the same kernel":           func(i *system.Info) { i.MemTotal /= 2 },
		"in a container, or on another machine": func(i *system.Info) { i.Name = "docker-desktop" },
		"rootless":                              func(i *system.Info) { i.SecurityOptions = append(i.SecurityOptions, "name=rootless") },
		"rootless, as Podman says it":           func(i *system.Info) { i.SecurityOptions = []string{"name=rootless,name=seccomp"} },
	} {
		other := here
		change(&other)
		g.Expect(isHere(other, machine)).To(BeFalse(), name)
	}
	g.Expect(isHere(here, fstest.MapFS{})).To(BeFalse(), "on a machine that is not Linux")
}
