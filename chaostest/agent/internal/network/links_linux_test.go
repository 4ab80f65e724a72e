package network

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = DescribeTable("the links that lead out of a container", func(all []tc.Link, want ...string) {
	var names []string
	for _, l := range leadingOut(addressed(all), all, 0) {
		names = append(names, l.Name)
	}
	Expect(names).To(Equal(want))
},
	Entry("of an engine's network", []tc.Link{link("eth0", 2, "veth", 0, 0)}, "eth0"),
	Entry("of two networks", []tc.Link{link("eth0", 2, "veth", 0, 0), link("eth1", 3, "macvlan", 0, 0)}, "eth0", "eth1"),
	Entry("of Docker in it", []tc.Link{link("eth0", 2, "veth", 0, 0), link("docker0", 3, "bridge", 0, -1), link("veth1", 4, "veth", 3, 1)}, "eth0"),
	Entry("of Docker in it that runs nothing", []tc.Link{link("eth0", 2, "veth", 0, 0), link("docker0", 3, "bridge", 0, -1)}, "eth0"),
	Entry("of Kubernetes in it, without a bridge", []tc.Link{link("eth0", 2, "veth", 0, 0), link("cali1", 3, "veth", 0, 1), link("cali2", 4, "veth", 0, 2)}, "eth0"),
	Entry("of a bridge over the engine's network", []tc.Link{link("eth0", 2, "veth", 3, 0), link("br0", 3, "bridge", 0, -1), link("tap0", 4, "tun", 3, -1)}, "br0"),
	Entry("of a tunnel", []tc.Link{link("eth0", 2, "veth", 0, 0), link("wg0", 3, "wireguard", 0, -1)}, "eth0", "wg0"),
	Entry("of an engine without links to the host", []tc.Link{link("ens1", 2, "device", 0, -1), link("docker0", 3, "bridge", 0, -1)}, "ens1", "docker0"),
)

func link(name string, index int, kind string, master, elsewhere int) tc.Link {
	return tc.Link{
		Name: name, Index: index, Kind: kind, Master: master, Elsewhere: elsewhere, Up: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")},
	}
}

var _ = Describe("a container in the container", func() {
	const delay = 200 * time.Millisecond

	BeforeEach(needBPF)

	It("has the fault once, where its packets leave, also when it starts later", func(ctx SpecContext) {
		target, client := Connect(GinkgoTB())
		inner := NewHost(GinkgoTB())
		i := newAgent().mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))

		target.Lay("port0", inner)
		target.Address("port0", "10.99.0.1/24")
		inner.Address("port0", "10.99.0.2/24")
		inner.Must("ip", "route", "add", "default", "via", "10.99.0.1")
		client.Must("ip", "route", "add", "10.99.0.0/24", "via", TargetIP)
		target.Must("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
		took := ping(inner, ClientIP, 5)
		Expect(took).To(HaveEach(BeNumerically(">=", delay)))
		Expect(median(took)).To(BeNumerically("<", 2*delay), "not twice")
		Expect(i.Evidence().Gaps).To(BeEmpty(), "its links are none of the fault's")
		i.revert()
	})
})
