package e2e_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	. "github.com/chaosgate/chaosgate/matchers"
)

var _ = Describe("network faults", func() {
	const delay = 200 * time.Millisecond
	// half is far above the delays of a busy machine, and far below the fault's.
	const half = delay / 2

	var a, b, c *Service

	BeforeEach(func(ctx SpecContext) {
		net := Network(ctx)
		a = echo(ctx, net.As("a"))
		b = echo(ctx, net.As("b"))
		c = echo(ctx, net.As("c"))
	}, NodeTimeout(2*time.Minute))

	It("delay what leaves, as ping sees it, and nothing afterwards", func(ctx SpecContext) {
		before, base := fingerprint(ctx, b), ping(ctx, b)
		slow := Inject(ctx, fault.Delay(delay), On(b))
		Expect(CurrentSpecReport().SpecEvents).To(ContainElement(HaveField("Message", "injected delay 200ms on b, egress")), "the spec's timeline")
		Expect(ping(ctx, b)).To(BeNumerically(">=", base+delay-time.Millisecond))
		Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
		slow.Revert(ctx)
		Expect(ping(ctx, b)).To(BeNumerically("<", half))
		Expect(fingerprint(ctx, b)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	DescribeTable("delay one direction only", func(ctx SpecContext, network string, direction fault.Direction) {
		slow := Inject(ctx, fault.Delay(delay), On(b), Direction(direction))
		got := typical(ctx, a, network)
		slowed, free := got.There, got.Back
		if direction == fault.Egress {
			slowed, free = got.Back, got.There
		}
		Expect(slowed).To(BeNumerically(">=", delay-time.Millisecond))
		Expect(free).To(BeNumerically("<", half))
		Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
	},
		Entry("UDP that arrives", SpecTimeout(time.Minute), "udp", fault.Ingress),
		Entry("UDP that leaves", SpecTimeout(time.Minute), "udp", fault.Egress),
		Entry("TCP that arrives", SpecTimeout(time.Minute), "tcp", fault.Ingress),
		Entry("TCP that leaves", SpecTimeout(time.Minute), "tcp", fault.Egress),
	)

	It("leave other peers, ports and protocols alone", func(ctx SpecContext) {
		slow := Inject(ctx, fault.Delay(delay), On(b), From(a), Port("7/udp"))
		Expect(typical(ctx, a, "udp").There).To(BeNumerically(">=", delay-time.Millisecond))
		Expect(typical(ctx, c, "udp").There).To(BeNumerically("<", half), "another peer")
		Expect(typical(ctx, a, "tcp").There).To(BeNumerically("<", half), "another protocol")
		Expect(ping(ctx, b)).To(BeNumerically("<", half), "the host, and ICMP")
		Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
	}, SpecTimeout(time.Minute))

	It("lose packets in silence", func(ctx SpecContext) {
		before := fingerprint(ctx, b)
		gone := Inject(ctx, fault.BlackHole(), On(b), Between(a), Port(7))
		for _, network := range []string{"tcp", "udp"} {
			_, err := ask(ctx, a, network, time.Second)
			Expect(err).To(MatchError(Or(ContainSubstring("timeout"), ContainSubstring("deadline exceeded"))),
				"the sender gets nothing: no refusal, no reset, no other error")
		}
		_, err := ask(ctx, c, "tcp", 5*time.Second)
		Expect(err).NotTo(HaveOccurred(), "another peer")
		Expect(gone.Evidence(ctx)).To(HaveTakenEffect())
		gone.Revert(ctx)
		_, err = ask(ctx, a, "tcp", 5*time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(fingerprint(ctx, b)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	It("live side by side with other faults and are reverted in any order", func(ctx SpecContext) {
		before := fingerprint(ctx, b)
		inject := []func() *Injection{
			func() *Injection { return Inject(ctx, fault.Delay(delay), On(b), From(a), Port(7)) },
			func() *Injection { return Inject(ctx, fault.BlackHole(), On(b), From(c), Port(7)) },
			func() *Injection { return Inject(ctx, fault.CPUBurn(20*Percent), On(b)) },
		}
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
			var live []*Injection
			for _, i := range inject {
				live = append(live, i())
			}
			Expect(typical(ctx, a, "udp").There).To(BeNumerically(">=", delay-time.Millisecond))
			_, err := ask(ctx, c, "udp", 500*time.Millisecond)
			Expect(err).To(HaveOccurred())
			for _, i := range order {
				live[i].Revert(ctx)
			}
			Expect(fingerprint(ctx, b)).To(Equal(before), fmt.Sprint("order ", order))
		}
	}, SpecTimeout(2*time.Minute))
})
