package network

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("a target with several networks", func() {
	var target, client *host

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = connect()
		attributes := netlink.NewLinkAttrs()
		attributes.Name = "eth1"
		Expect(target.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: "eth1", PeerNamespace: netlink.NsPid(client.pid())})).To(Succeed())
		target.address("eth1", "10.78.0.1/24")
		client.address("eth1", "10.78.0.2/24")
		target.must("ping", "-n", "-c", "1", "-W", "20", "10.78.0.2")
	})

	It("is inspected", func() {
		n, err := Inspect(target.pid())
		Expect(err).NotTo(HaveOccurred())
		Expect(n.Inode).To(Equal(target.inode))
		links := map[string]Link{}
		for _, l := range n.Links {
			links[l.Name] = l
		}
		Expect(links).To(And(HaveLen(3), HaveKey("lo"), HaveKey("eth0"), HaveKey("eth1")))
		Expect(links["lo"].Loopback).To(BeTrue())
		Expect(links["eth0"]).To(And(HaveField("Up", true), HaveField("Ethernet", true), HaveField("MTU", 1500), HaveField("Loopback", false)))
		Expect(links["eth0"].Prefixes).To(ConsistOf(netip.MustParsePrefix(targetIP+"/24"), netip.MustParsePrefix(targetIP6+"/64")))
		Expect(links["eth1"].Prefixes).To(ContainElement(netip.MustParsePrefix("10.78.0.1/24")))
	})

	DescribeTable("has the fault on all of them", func(ctx SpecContext, path fault.Path) {
		needPath(ctx, path)
		before := target.state()
		i := mustInject(ctx, New(), request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, path))
		for _, address := range []string{targetIP, "10.78.0.1"} {
			Expect(client.ping(address, 3)).To(HaveEach(BeNumerically(">=", ms(400))))
		}
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", 12))
		i.revert()
		Expect(target.state()).To(Equal(before))
	},
		Entry("on the netem path", fault.NetemPath),
		Entry("on the user-space path", fault.UserSpacePath),
	)
})
