package tc

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

var _ = Describe("the changes of a namespace", func() {
	var target *Host
	var n *Namespace
	var c *Changes

	BeforeEach(func() {
		NeedRoot(GinkgoTB())
		var client *Host
		target, client = NewHost(GinkgoTB()), NewHost(GinkgoTB())
		n = open(target)
		target.Lay("eth0", client)
		var err error
		c, err = n.Changes()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = c.Close() })
		Expect(c.Take()).To(BeZero(), "nothing has changed")
	})

	DescribeTable("are heard", func(before, change []string) {
		if before != nil {
			target.Must("tc", before...)
			c.Take()
		}
		target.Must(change[0], change[1:]...)
		Expect(c.Wait()).To(Succeed())
		Expect(c.Take().Left).To(BeEmpty())
	},
		Entry("of an address", nil, []string{"ip", "addr", "add", "10.0.0.1/24", "dev", "eth0"}),
		Entry("of an IPv6 address", nil, []string{"ip", "addr", "add", "fd00::1/64", "dev", "eth0"}),
		Entry("of a link", nil, []string{"ip", "link", "set", "eth0", "mtu", "1400"}),
		Entry("of a qdisc that comes", nil, []string{"tc", "qdisc", "add", "dev", "eth0", "clsact"}),
		Entry("of a qdisc that leaves", []string{"qdisc", "add", "dev", "eth0", "clsact"}, []string{"tc", "qdisc", "del", "dev", "eth0", "clsact"}),
	)

	It("name a link that has left", func() {
		index := linkOf(n, "eth0").Index
		target.Must("ip", "link", "del", "eth0")
		Expect(c.Wait()).To(Succeed())
		Expect(c.Take().Left).To(ContainElement(index))
	})

	It("are heard after a flood that the kernel could not report", func() {
		target.Must("sh", "-c", "for i in $(seq 0 2999); do echo addr add 10.1.$((i/250)).$((i%250))/32 dev lo; done | ip -batch -")
		Expect(c.Wait()).To(Succeed())
		c.Take()
		target.Must("ip", "link", "del", "eth0")
		Expect(c.Wait()).To(Succeed())
		Expect(c.Take().Left).NotTo(BeEmpty())
	})

	It("end a wait when they are closed", func() {
		ended := make(chan error)
		go func() { ended <- c.Wait() }()
		Consistently(ended, "50ms").ShouldNot(Receive())
		Expect(c.Close()).To(Succeed())
		Eventually(ended, "20s").Should(Receive(HaveOccurred()))
	})
})
