package network

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = Describe("what other agents and programs have left", func() {
	var target, client *Host

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
	})

	DescribeTable("the next injection removes everything that a killed agent left", func(ctx SpecContext, path fault.Path) {
		needPath(ctx, path)
		before := target.State()
		dead, err := newAgent().inject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, path))
		Expect(err).NotTo(HaveOccurred())
		Expect(median(ping(client, TargetIP, 3))).To(BeNumerically(">=", ms(400)))
		Expect(target.State()).NotTo(Equal(before))
		Expect(dead.Renew(1)).To(Succeed()) // its lease is over, and its journal is gone
		dead.stop()
		// The TAPs of a killed agent vanish with it.
		for _, at := range dead.Live.(*injection).interceptions {
			for _, device := range at.devices {
				if strings.HasPrefix(device, "cg") {
					target.Must("ip", "link", "delete", device)
				}
			}
		}
		i := newAgent().mustInject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{}, path))
		Expect(target.Must("tc", "filter", "show", "dev", "eth0", "ingress")).NotTo(ContainSubstring("chaosgate"))
		took := ping(client, TargetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", ms(200))))
		Expect(median(took)).To(BeNumerically("<", ms(400)))
		i.revert()
		Expect(target.State()).To(Equal(before))
	},
		Entry("on the netem path", fault.NetemPath),
		Entry("on the user-space path", fault.UserSpacePath),
	)

	It("agents that share a target leave it in any order", func(ctx SpecContext) {
		before := target.State()
		first := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.UDP}, ""))
		second := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.ICMP}, ""))
		first.revert()
		second.revert()
		Expect(target.State()).To(Equal(before))
	})

	It("an agent that still renews its lease is left alone", func(ctx SpecContext) {
		before := target.State()
		udp := fault.Filter{Protocol: fault.UDP}
		other := newAgent().mustInject(ctx, request(target, fault.BlackHole(), udp, ""))
		i := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.ICMP}, ""))
		_, err := client.Run("ping", "-n", "-c", "1", "-W", "1", TargetIP)
		Expect(err).To(HaveOccurred())
		i.revert()
		Expect(ping(client, TargetIP, 1)).To(HaveLen(1))
		_, err = target.Listen(TargetIP, 0).WriteTo([]byte("lost"), client.Listen(ClientIP, 7000).LocalAddr())
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Evidence().Value("packets")).To(Equal(record.Float(1)))
		other.revert()
		Expect(target.State()).To(Equal(before))
	})

	It("a foreign clsact and its filters stay as they are, and see the delayed packets", func(ctx SpecContext) {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		for _, way := range []string{"ingress", "egress"} {
			target.Must("tc", "filter", "add", "dev", "eth0", way, "prio", "99", "u32", "match", "u32", "0", "0", "classid", "1:1")
		}
		before := target.State()
		i := newAgent().mustInject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, ""))
		took := ping(client, TargetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", 400*time.Millisecond)))
		i.revert()
		Expect(target.State()).To(Equal(before))
	})

	It("a remaining difference is found", func(ctx SpecContext) {
		i := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		target.Must("ip", "link", "set", "eth0", "txqueuelen", "77")
		Expect(i.journal.Unwind()).To(Succeed())
		Expect(i.Prove()).To(MatchError(And(ContainSubstring("interface of eth0 was type veth, MTU 1500, queue 0"), ContainSubstring("is type veth, MTU 1500, queue 77"))))
	})
})
