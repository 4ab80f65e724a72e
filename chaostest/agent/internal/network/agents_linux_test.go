package network

import (
	"net/netip"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("two agents on one target", func() {
	var target, client *Host
	const short, long, margin = 100 * time.Millisecond, 800 * time.Millisecond, 400 * time.Millisecond

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
	})

	It("refuse what one agent would refuse, by name", func(ctx SpecContext) {
		before := target.State()
		q := request(target, fault.Delay(short), fault.Filter{Direction: fault.Both, Label: "shop", Peers: []netip.Prefix{prefixOf(ClientIP)}}, "")
		first := newAgent().mustInject(ctx, q)
		with := target.State()
		other := newAgent()
		second, err := other.inject(ctx, request(target, fault.Delay(long), fault.Filter{}, ""))
		Expect(err).To(MatchError("delay 800ms (egress) would delay the same packets as injection " + q.ID +
			" (delay 100ms, both to and from shop) on this target, which another test process holds: revert that first, or make the filters disjoint"))
		Expect(second.journal.Unwind()).To(Succeed())
		Expect(target.State()).To(Equal(with), "the first is left alone")
		took := ping(client, TargetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", 2*short)))
		Expect(median(took)).To(BeNumerically("<", long))
		Expect(first.Evidence().Gaps).To(BeEmpty())

		disjoint := other.mustInject(ctx, request(target, fault.Delay(long), fault.Filter{Peers: []netip.Prefix{prefixOf(StrangerIP)}}, ""))
		disjoint.revert()
		first.revert()
		again := other.mustInject(ctx, request(target, fault.Delay(long), fault.Filter{}, ""))
		again.revert()
		Expect(target.State()).To(Equal(before))
	})

	It("agree on one when both come at the same moment", func(ctx SpecContext) {
		for range 5 {
			var all sync.WaitGroup
			errs := make([]error, 4)
			made := make([]injected, len(errs))
			for at := range errs {
				q, a := request(target, fault.Delay(short), fault.Filter{}, ""), newAgent()
				all.Go(func() {
					defer GinkgoRecover()
					made[at], errs[at] = a.inject(ctx, q)
				})
			}
			all.Wait()
			applied := 0
			for at, err := range errs {
				if err == nil {
					applied++
				} else {
					Expect(err).To(MatchError(ContainSubstring("which another test process holds")))
				}
				Expect(made[at].journal.Unwind()).To(Succeed())
			}
			Expect(applied).To(Equal(1))
		}
	})

	It("do not refuse a fault beside one that is being undone", func(ctx SpecContext) {
		first := newAgent().mustInject(ctx, request(target, fault.Delay(short), fault.Filter{}, ""))
		Expect(first.Live.(*injection).end()).To(Succeed())
		second := newAgent().mustInject(ctx, request(target, fault.Delay(long), fault.Filter{}, ""))
		first.revert()
		second.revert()
	})

	It("refuse a fault beside one of a version that they do not know", func(ctx SpecContext) {
		future := newAgent()
		clear(future.namespaces.describe)
		i := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.UDP}, ""))
		_, err := future.inject(ctx, request(target, fault.Delay(short), fault.Filter{}, ""))
		Expect(err).To(MatchError(MatchRegexp(`^delay 100ms \(egress\) may meet the same packets as filter chaosgate:spec-\d+:(in|e)gress on this target, which another test process of another version holds`)))
		i.revert()
	})

	DescribeTable("share what their delays need, and leave in any order", func(ctx SpecContext, path fault.Path, way fault.Direction, firstLeavesFirst bool) {
		needPath(ctx, path)
		before := target.State()
		first := newAgent().mustInject(ctx, request(target, fault.Delay(short), fault.Filter{Direction: way, Peers: []netip.Prefix{prefixOf(ClientIP)}}, path))
		second := newAgent().mustInject(ctx, request(target, fault.Delay(long), fault.Filter{Direction: way, Peers: []netip.Prefix{prefixOf(StrangerIP)}}, path))
		times := 1
		if way == fault.Both {
			times = 2
		}
		expect := func(from string, delay time.Duration) {
			GinkgoHelper()
			took := ping(client, TargetIP, 3, "-I", from)
			Expect(took).To(HaveEach(BeNumerically(">=", time.Duration(times)*delay)))
			Expect(median(took)).To(BeNumerically("<", time.Duration(times)*delay+margin))
		}
		expect(ClientIP, short)
		expect(StrangerIP, long)
		if firstLeavesFirst {
			first.revert()
			expect(StrangerIP, long)
			expect(ClientIP, 0)
			Expect(second.Evidence().Gaps).To(BeEmpty())
			second.revert()
		} else {
			second.revert()
			expect(ClientIP, short)
			expect(StrangerIP, 0)
			Expect(first.Evidence().Gaps).To(BeEmpty())
			first.revert()
		}
		Expect(target.State()).To(Equal(before))
	},
		Entry("netem, out", fault.NetemPath, fault.Egress, true),
		Entry("netem, in", fault.NetemPath, fault.Ingress, true),
		Entry("netem, both, the other way round", fault.NetemPath, fault.Both, false),
		Entry("user space, in", fault.UserSpacePath, fault.Ingress, true),
		Entry("user space, both, the other way round", fault.UserSpacePath, fault.Both, false),
	)

	It("leave a clsact that was there before both of them", func(ctx SpecContext) {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		before := target.State()
		first := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.UDP}, ""))
		second := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Protocol: fault.TCP}, ""))
		first.revert()
		second.revert()
		Expect(target.State()).To(Equal(before))
	})

	It("wait for each other when one puts its fault back", func(ctx SpecContext) {
		one, two := newAgent(), newAgent()
		first := one.mustInject(ctx, request(target, fault.Delay(short), fault.Filter{Peers: []netip.Prefix{prefixOf(ClientIP)}}, ""))
		second := two.mustInject(ctx, request(target, fault.Delay(long), fault.Filter{Peers: []netip.Prefix{prefixOf(StrangerIP)}}, ""))
		target.Must("tc", "qdisc", "del", "dev", "eth0", "clsact")
		for _, i := range []injected{first, second} {
			Eventually(func() int { i.Verify(); return len(gap(i).Text) }, "20s").ShouldNot(BeZero())
		}
		Expect(ping(client, TargetIP, 2)).To(HaveEach(BeNumerically(">=", short)))
		first.revert()
		second.revert()
		Expect(target.Must("tc", "qdisc", "show", "dev", "eth0")).NotTo(ContainSubstring("clsact"))
	})
})
