package network

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = Describe("a live filter", func() {
	var target, client *Host
	var here agent
	clientOnly := fault.Filter{Peers: []netip.Prefix{prefixOf(ClientIP)}, Label: "the client", Direction: fault.Both}
	strangerOnly := fault.Filter{Peers: []netip.Prefix{prefixOf(StrangerIP)}, Label: "the stranger", Direction: fault.Both}
	everyone := fault.Filter{Peers: []netip.Prefix{netip.MustParsePrefix("10.77.0.0/24")}, Direction: fault.Both}

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
		here = newAgent()
	})

	replace := func(i injected, f fault.Filter) error {
		GinkgoHelper()
		filtered, is := i.Live.(injector.Filtered)
		Expect(is).To(BeTrue())
		return filtered.Filter(f)
	}

	DescribeTable("follows its peer to another address, and the counts go on", func(ctx SpecContext, path fault.Path) {
		needPath(ctx, path)
		const delay = 200 * time.Millisecond
		before := target.State()
		i := here.mustInject(ctx, request(target, fault.Delay(delay), clientOnly, path))
		Expect(oneWay(target, client, TargetIP, ClientIP, 7000, 3)).To(HaveEach(BeNumerically(">=", delay)))
		Expect(replace(i, strangerOnly)).To(Succeed())
		Expect(oneWay(target, client, TargetIP, StrangerIP, 7000, 3)).To(HaveEach(BeNumerically(">=", delay)))
		Expect(oneWay(client, target, StrangerIP, TargetIP, 7000, 3)).To(HaveEach(BeNumerically(">=", delay)))
		Expect(median(oneWay(target, client, TargetIP, ClientIP, 7000, 3))).To(BeNumerically("<", delay/2))
		e := i.Evidence()
		Expect(e.Value("packets")).To(Equal(record.Float(9)))
		Expect(e.Gaps).To(BeEmpty())
		i.revert()
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(9)))
		Expect(target.State()).To(Equal(before))
	},
		Entry("on the netem path", fault.NetemPath),
		Entry("on the user-space path", fault.UserSpacePath),
	)

	It("is replaced while packets flow, and none passes in between", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.BlackHole(), clientOnly, ""))
		receiver, sender := client.Listen(ClientIP, 7000), target.Listen(TargetIP, 0)
		stop, stopped := make(chan struct{}), make(chan int)
		go func() {
			sent := 0
			for ; ; sent++ {
				select {
				case <-stop:
					stopped <- sent
					return
				default:
					_, _ = sender.WriteTo([]byte("lost"), receiver.LocalAddr())
				}
			}
		}()
		for n := range 50 {
			Expect(replace(i, []fault.Filter{everyone, clientOnly}[n%2])).To(Succeed())
		}
		close(stop)
		sent := <-stopped
		Expect(receiver.SetReadDeadline(time.Now().Add(100 * time.Millisecond))).To(Succeed())
		_, _, err := receiver.ReadFromUDP(make([]byte, 8))
		Expect(err).To(HaveOccurred(), "all are lost")
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(sent)), "each is counted once")
		i.revert()
	})

	It("is not replaced by one that clashes, in this agent or another, and then stays", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.Delay(ms(100)), clientOnly, ""))
		for _, other := range []agent{here, newAgent()} {
			beside := other.mustInject(ctx, request(target, fault.Delay(ms(300)), strangerOnly, ""))
			Expect(replace(i, everyone)).To(MatchError(ContainSubstring("would delay the same packets as injection")))
			Expect(replace(i, strangerOnly)).To(HaveOccurred())
			beside.revert()
		}
		took := ping(client, TargetIP, 3)
		Expect(took).To(HaveEach(BeNumerically(">=", ms(200))))
		Expect(i.Evidence().Gaps).To(BeEmpty())
		_, err := newAgent().inject(ctx, request(target, fault.Delay(ms(100)), clientOnly, ""))
		Expect(err).To(MatchError(ContainSubstring("to and from the client")))
		Expect(replace(i, strangerOnly)).To(Succeed())
		_, err = newAgent().inject(ctx, request(target, fault.Delay(ms(100)), strangerOnly, ""))
		Expect(err).To(MatchError(ContainSubstring("to and from the stranger")), "other agents read the new filter")
		beside := newAgent().mustInject(ctx, request(target, fault.Delay(ms(100)), clientOnly, ""))
		beside.revert()
		i.revert()
	})

	It("refuses what would match nothing, another direction, and what is over", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.BlackHole(), clientOnly, ""))
		Expect(replace(i, fault.Filter{Peers: []netip.Prefix{netip.MustParsePrefix("fe80::1/128")}})).To(MatchError(ContainSubstring("would match nothing")))
		Expect(replace(i, fault.Filter{Direction: fault.Egress})).To(MatchError("the direction is both, and cannot become egress: revert the fault and inject another"))
		Expect(replace(i, fault.Filter{Peers: strangerOnly.Peers})).To(Succeed(), "without a direction it stays")
		i.revert()
		Expect(replace(i, clientOnly)).To(MatchError("the fault is not live"))
	})
})
