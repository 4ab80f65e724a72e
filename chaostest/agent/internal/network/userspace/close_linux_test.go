package userspace_test

import (
	"net"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("Closing a path", func() {
	const long = 30 * time.Second
	var p *pair
	var path *userspace.Path
	var listener *net.UDPConn

	// hold sends numbers from the target or to it, and waits until the path holds them.
	hold := func(d fault.Direction, count int) {
		GinkgoHelper()
		from, to := p.target, p.peer
		if d == fault.Ingress {
			from, to = to, from
		}
		listener = to.listenUDP(to.v4)
		sender := from.dialUDP(listener)
		for i := range count {
			send(sender, i)
		}
		Expect(sender.Close()).To(Succeed()) // an open socket keeps its namespace alive
		Eventually(path.Stats).WithTimeout(10 * time.Second).Should(HaveField("Held", BeNumerically(">=", count)))
	}

	for _, d := range []fault.Direction{fault.Egress, fault.Ingress} {
		It("sends what is held at once and in order, "+string(d), func() {
			const count = 3000
			p = newPair()
			path = p.delayed(userspace.Config{Direction: d, Delay: long})
			hold(d, count)
			p.pass(d)
			Expect(path.Close()).To(Succeed())
			Expect(numbers(listener, count)).To(Equal(upTo(count)))
			Expect(path.Stats()).To(SatisfyAll(HaveField("Held", BeZero()), HaveField("Lost", BeZero()),
				HaveField("Sent", path.Stats().Received)))
		})

		It("leaves the namespace as it was, "+string(d), func() {
			p = newPair()
			state := func() string {
				return p.target.run("ip", "link") + p.target.run("ip", "address") + p.target.run("tc", "qdisc") +
					p.target.run("ip", "route", "show", "table", "all") + p.target.run("ip", "-6", "route", "show", "table", "all")
			}
			routes := func() string {
				return p.target.run("ip", "route", "show", "table", "all") + p.target.run("ip", "-6", "route", "show", "table", "all")
			}
			before, way := state(), routes()
			var err error
			path, err = userspace.Open(p.config(userspace.Config{Direction: d, Delay: time.Second}))
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(path.Close)
			Expect(path.Name()).To(HavePrefix("cg"))
			Expect(p.target.run("ip", "link", "show", path.Name())).To(ContainSubstring("chaosgate: " + string(d) + " of eth0"))
			Expect(routes()).To(Equal(way), "an open path does not change routing either")
			Expect(path.Close()).To(Succeed())
			Expect(path.Close()).To(Succeed(), "a second Close does nothing")
			Expect(state()).To(Equal(before))
		})
	}

	It("works when the target has died, and releases its namespace", func() {
		p = newPair()
		path = p.delayed(userspace.Config{Direction: fault.Egress, Delay: long})
		hold(fault.Egress, 10)
		p.target.end()
		Expect(path.Close()).To(Succeed())
		Expect(path.Stats().Held).To(BeZero())
		Expect(p.target.close()).To(Succeed())
		// One end of a veth vanishes with the namespace of the other end.
		Eventually(func() error { return p.peer.command("ip", "link", "show", "eth0").Run() }).
			WithTimeout(10 * time.Second).Should(HaveOccurred())
	})

	It("counts packets as lost if the link has vanished", func() {
		p = newPair()
		path = p.delayed(userspace.Config{Direction: fault.Egress, Delay: long})
		hold(fault.Egress, 10)
		held := path.Stats().Received
		p.target.run("ip", "link", "delete", "eth0")
		Expect(path.Close()).To(Succeed())
		Expect(path.Stats()).To(Equal(userspace.Stats{Received: held, Lost: held}))
	})

	It("gives up after a while on a link whose other end is down", func() {
		const count = 200
		p = newPair()
		path = p.delayed(userspace.Config{Direction: fault.Egress, Delay: long})
		hold(fault.Egress, count)
		p.peer.run("ip", "link", "set", "eth0", "down")
		start := time.Now()
		Expect(path.Close()).To(Succeed())
		Expect(time.Since(start)).To(BeNumerically("<", long/2), "it does not wait again for every packet")
		Expect(path.Stats().Lost).To(BeNumerically(">=", count))
	})

	It("still sends what is held after the TAP was removed", func() {
		const count = 10
		p = newPair()
		path = p.delayed(userspace.Config{Direction: fault.Egress, Delay: time.Second})
		hold(fault.Egress, count)
		p.target.run("ip", "link", "delete", path.Name())
		Expect(numbers(listener, count)).To(Equal(upTo(count)))
		Expect(path.Close()).To(Succeed())
	})
})
