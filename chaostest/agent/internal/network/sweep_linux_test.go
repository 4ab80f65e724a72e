package network

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = Describe("what others have left or made", func() {
	var target, client *host

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = connect()
	})

	DescribeTable("an agent that was killed leaves nothing that the next injection does not sweep", func(ctx SpecContext, path fault.Path) {
		needPath(ctx, path)
		before := target.state()
		dead, err := inject(ctx, New(), request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, path))
		Expect(err).NotTo(HaveOccurred())
		Expect(median(client.ping(targetIP, 3))).To(BeNumerically(">=", ms(400)))
		Expect(target.state()).NotTo(Equal(before))
		Expect(dead.Renew(1)).To(Succeed()) // its lease is over; its journal dies with it
		// A killed agent's TAPs go with it.
		for _, s := range dead.Live.(*injection).strands {
			if h, ok := s.carrier.(held); ok {
				Expect(h.Close()).To(Succeed())
			}
		}
		i := mustInject(ctx, New(), request(target, fault.Delay(ms(200)), fault.Filter{}, path))
		Expect(target.must("tc", "filter", "show", "dev", "eth0", "ingress")).NotTo(ContainSubstring("chaosgate"))
		took := client.ping(targetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", ms(200))))
		Expect(median(took)).To(BeNumerically("<", ms(400)))
		i.revert()
		Expect(target.state()).To(Equal(before))
	},
		Entry("on the netem path", fault.NetemPath),
		Entry("on the user-space path", fault.UserSpacePath),
	)

	It("agents that share a target leave it in any order", func(ctx SpecContext) {
		before := target.state()
		first := mustInject(ctx, New(), request(target, fault.BlackHole(), fault.Filter{Protocol: fault.UDP}, ""))
		second := mustInject(ctx, New(), request(target, fault.BlackHole(), fault.Filter{Protocol: fault.ICMP}, ""))
		first.revert()
		second.revert()
		Expect(target.state()).To(Equal(before))
	})

	It("an agent that still renews its lease is left alone", func(ctx SpecContext) {
		before := target.state()
		udp := fault.Filter{Protocol: fault.UDP}
		other := mustInject(ctx, New(), request(target, fault.BlackHole(), udp, ""))
		i := mustInject(ctx, New(), request(target, fault.BlackHole(), fault.Filter{Protocol: fault.ICMP}, ""))
		_, err := client.run("ping", "-n", "-c", "1", "-W", "1", targetIP)
		Expect(err).To(HaveOccurred())
		i.revert()
		Expect(client.ping(targetIP, 1)).To(HaveLen(1))
		_, err = target.listen(targetIP, 0).WriteTo([]byte("lost"), client.listen(clientIP, 7000).LocalAddr())
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Evidence().Value("packets")).To(Equal(record.Float(1)))
		other.revert()
		Expect(target.state()).To(Equal(before))
	})

	It("a clsact and filters of somebody else's stay as they are, and see what we delay", func(ctx SpecContext) {
		target.must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		for _, way := range []string{"ingress", "egress"} {
			target.must("tc", "filter", "add", "dev", "eth0", way, "prio", "99", "u32", "match", "u32", "0", "0", "classid", "1:1")
		}
		before := target.state()
		i := mustInject(ctx, New(), request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, ""))
		took := client.ping(targetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", 400*time.Millisecond)))
		i.revert()
		Expect(target.state()).To(Equal(before))
	})

	It("a difference that is left is found", func(ctx SpecContext) {
		i := mustInject(ctx, New(), request(target, fault.BlackHole(), fault.Filter{}, ""))
		target.must("ip", "link", "set", "eth0", "txqueuelen", "77")
		Expect(i.journal.Unwind()).To(Succeed())
		Expect(i.Prove()).To(MatchError(And(ContainSubstring("interface of eth0 was eth0, type veth, MTU 1500, queue 0"), ContainSubstring("is eth0, type veth, MTU 1500, queue 77"))))
	})
})
