package tc

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

var _ = Describe("the links of a namespace", func() {
	BeforeEach(func() { NeedRoot(GinkgoTB()) })

	It("come with their addresses and kinds", func() {
		target, client := Connect(GinkgoTB())
		target.Lay("eth1", client)
		target.Address("eth1", "10.78.0.1/24")
		all, err := open(target).Links()
		Expect(err).NotTo(HaveOccurred())
		links := map[string]Link{}
		for _, l := range all {
			links[l.Name] = l
		}
		Expect(links).To(And(HaveLen(3), HaveKey("lo"), HaveKey("eth0"), HaveKey("eth1")))
		Expect(links["lo"]).To(And(HaveField("Loopback", true), HaveField("Index", LoopbackLink().Index)))
		Expect(links["eth0"]).To(And(HaveField("Up", true), HaveField("Ethernet", true), HaveField("MTU", 1500), HaveField("Loopback", false), HaveField("Ours", false)))
		Expect(links["eth0"].Prefixes).To(ConsistOf(netip.MustParsePrefix(TargetIP+"/24"), netip.MustParsePrefix(TargetIP6+"/64")))
		Expect(links["eth1"].Prefixes).To(ContainElement(netip.MustParsePrefix("10.78.0.1/24")))
	})

	It("are distinguished from devices of agents, by name or alias", func() {
		h := NewHost(GinkgoTB())
		for _, name := range []string{"chaosgate-x", "cg0", "other"} {
			h.Must("ip", "link", "add", name, "type", "veth", "peer", "name", "p-"+name)
		}
		h.Must("ip", "link", "set", "cg0", "alias", "chaosgate: egress of eth0")
		n := open(h)
		Expect(linkOf(n, "chaosgate-x").Ours).To(BeTrue())
		Expect(linkOf(n, "cg0").Ours).To(BeTrue())
		Expect(linkOf(n, "other").Ours).To(BeFalse())
	})

	It("belong to one namespace, even if two processes share it", func() {
		a, b := NewHost(GinkgoTB()), NewHost(GinkgoTB())
		Expect(open(a).Inode).To(Equal(open(a).Inode))
		Expect(open(a).Inode).NotTo(Equal(open(b).Inode))
	})
})
