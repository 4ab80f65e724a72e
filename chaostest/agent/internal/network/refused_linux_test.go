package network

import (
	"net/netip"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("what cannot be done", func() {
	var target *Host
	var here agent

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, _ = Connect(GinkgoTB())
		here = newAgent()
	})

	// refuse checks that a request is refused before anything is changed.
	refuse := func(ctx SpecContext, q injector.Request[fault.Fault], why types.GomegaMatcher) {
		GinkgoHelper()
		before := target.State()
		i, err := here.inject(ctx, q)
		Expect(err).To(why)
		Expect(target.State()).To(Equal(before))
		Expect(i.journal.Unwind()).To(Succeed())
		Expect(target.State()).To(Equal(before))
		Expect(here.namespaces.byInode).To(BeEmpty())
	}

	It("is refused: the host's own network", func(ctx SpecContext) {
		q := request(target, fault.BlackHole(), fault.Filter{}, "")
		// Not this process: its first thread may have entered another namespace and stayed
		// there, because the runtime cannot end that thread.
		q.Target.PID = os.Getppid()
		refuse(ctx, q, MatchError(ContainSubstring("container target has the host's network")))
	})

	It("is refused: a target without a network", func(ctx SpecContext) {
		q := request(target, fault.BlackHole(), fault.Filter{}, "")
		q.Target.PID = NewHost(GinkgoTB()).PID()
		refuse(ctx, q, MatchError(ContainSubstring("the target has none, except loopback, that is up and has an address")))
	})

	It("is refused: peers of a family that the target does not have", func(ctx SpecContext) {
		link, err := target.LinkByName("eth0")
		Expect(err).NotTo(HaveOccurred())
		all, err := target.AddrList(link, 6+4) // AF_INET6
		Expect(err).NotTo(HaveOccurred())
		for _, a := range all {
			Expect(target.AddrDel(link, &a)).To(Succeed())
		}
		refuse(ctx, request(target, fault.BlackHole(), fault.Filter{Peers: []netip.Prefix{prefixOf(ClientIP6)}}, ""),
			MatchError(ContainSubstring("filter both to and from fd77::2 would match nothing: the target has no address of the peers' family: it has 10.77.0.1/24 on eth0")))
	})

	It("is refused: a foreign ingress qdisc", func(ctx SpecContext) {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "ingress")
		refuse(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""), And(
			MatchError(fault.ErrUnsupported), MatchError(ContainSubstring("tc qdisc del dev eth0 ingress"))))
	})

	It("is refused: a path that the kernel does not have", func(ctx SpecContext) {
		lacking := kernelCapabilities(ctx).netem
		if lacking == nil {
			Skip("this kernel has netem")
		}
		refuse(ctx, request(target, fault.Delay(ms(100)), fault.Filter{}, fault.NetemPath), And(
			MatchError(fault.ErrUnsupported),
			MatchError(HavePrefix("delay 100ms on the netem path: unsupported, because it needs the kernel's netem and HTB, but add ")),
			MatchError(ContainSubstring("install the kernel modules sch_netem and sch_htb on the host"))))
	})

	Describe("a jitter that netem would cut short", func() {
		long := fault.Delay(3*time.Second, fault.Jitter(2200*time.Millisecond))

		It("is refused on the netem path", func(ctx SpecContext) {
			needPath(ctx, fault.NetemPath)
			refuse(ctx, request(target, long, fault.Filter{}, fault.NetemPath), And(
				MatchError(fault.ErrUnsupported), MatchError(ContainSubstring("it needs a jitter of at most 2.147483647s, but the fault has 2.2s"))))
		})

		It("goes into user space unless a path is forced", func(ctx SpecContext) {
			needPath(ctx, fault.UserSpacePath)
			i := here.mustInject(ctx, request(target, long, fault.Filter{}, ""))
			Expect(i.Attestation().Path).To(Equal("user space"))
			i.revert()
		})
	})

	Describe("a second delay of the same packets", func() {
		It("is refused, and names the first one", func(ctx SpecContext) {
			first := request(target, fault.Delay(ms(100)), fault.Filter{Ports: []fault.PortRange{{First: 80, Last: 90}}}, "")
			i := here.mustInject(ctx, first)
			_, err := here.inject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{Ports: []fault.PortRange{{First: 90, Last: 99}}}, ""))
			Expect(err).To(MatchError(ContainSubstring("would delay the same packets as injection " + first.ID + " (delay 100ms, egress, port 80-90)")))
			here.mustInject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{Ports: []fault.PortRange{{First: 91, Last: 99}}}, "")).revert()
			i.revert()
			here.mustInject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{}, "")).revert()
		})
	})

	Describe("a foreign root qdisc", func() {
		BeforeEach(func() { target.Must("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb") })

		It("sends the delay into user space, and the attestation says so", func(ctx SpecContext) {
			needPath(ctx, fault.UserSpacePath)
			before := target.State()
			i := here.mustInject(ctx, request(target, fault.Delay(ms(100)), fault.Filter{}, ""))
			Expect(i.Attestation().Path).To(Equal("user space"))
			Expect(i.Attestation().Notes).To(ContainElements(
				HavePrefix("netem is not used: it needs "), "packets that match bypass the qdisc htb on eth0"))
			i.revert()
			Expect(target.State()).To(Equal(before))
		})

		It("makes a forced netem path fail", func(ctx SpecContext) {
			needPath(ctx, fault.NetemPath)
			refuse(ctx, request(target, fault.Delay(ms(100)), fault.Filter{}, fault.NetemPath),
				MatchError(ContainSubstring("the link has a qdisc htb that is not chaosgate's: remove it, or let chaosgate choose the path")))
		})
	})
})
