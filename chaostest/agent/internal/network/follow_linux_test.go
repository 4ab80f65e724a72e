package network

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// device is the name of the device that the fault's data path uses.
func device(target *Host) string {
	GinkgoHelper()
	name := regexp.MustCompile(`\d+: ((?:cg|chaosgate-i)\d+)[:@]`).FindStringSubmatch(target.Must("ip", "-o", "link"))
	Expect(name).To(HaveLen(2), "there is one")
	return name[1]
}

// gap is the only gap of an injection. It has ended.
func gap(i injected) record.Gap {
	GinkgoHelper()
	gaps := i.Evidence().Gaps
	Expect(gaps).To(HaveLen(1))
	Expect(gaps[0].To).To(BeNumerically(">=", gaps[0].From), "it has ended")
	return gaps[0]
}

var _ = Describe("a fault that somebody else breaks", func() {
	var target, client *Host
	const delay = 200 * time.Millisecond

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
	})

	DescribeTable("is put back at once, and the gap is in the evidence", func(ctx SpecContext, path fault.Path, way fault.Direction, destroy func(), words string) {
		needPath(ctx, path)
		before := target.State()
		q := request(target, fault.Delay(delay), fault.Filter{Direction: way}, path)
		q.ComeAndGo = true // that is no excuse
		i := newAgent().mustInject(ctx, q)
		late := HaveEach(BeNumerically(">=", delay))
		Expect(ping(client, TargetIP, 2)).To(late)
		matched := i.Evidence().Value("packets")
		Expect(i.Evidence().Gaps).To(BeEmpty())

		destroy()
		Eventually(func() []time.Duration { return tryPing(client, TargetIP) }, "20s").Should(late)
		lost := gap(i)
		Expect(lost.Text).To(MatchRegexp(words))
		Expect(lost.Text).To(ContainSubstring("somebody else has changed that"))
		Expect(lost.Expected).To(BeFalse())
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">", matched), "the counts go on")
		Expect(ping(client, TargetIP, 2)).To(late)
		i.revert()
		Expect(target.State()).To(Equal(before))
		Expect(i.Evidence().Gaps).To(HaveLen(1))
	},
		Entry("its clsact", fault.UserSpacePath, fault.Egress,
			func() { target.Must("tc", "qdisc", "del", "dev", "eth0", "clsact") }, `^filter chaosgate:spec-\d+:egress of eth0 is gone`),
		Entry("its clsact with both directions", fault.UserSpacePath, fault.Both,
			func() { target.Must("tc", "qdisc", "del", "dev", "eth0", "clsact") }, `ingress of eth0 is gone, .*egress of eth0 is gone`),
		Entry("its filter", fault.UserSpacePath, fault.Ingress,
			func() { target.Must("tc", "filter", "del", "dev", "eth0", "ingress") }, `ingress of eth0 is gone`),
		Entry("its TAP", fault.UserSpacePath, fault.Egress,
			func() { target.Must("ip", "link", "del", device(target)) }, `^TAP cg0 is gone`),
		Entry("its TAP, by setting it down", fault.UserSpacePath, fault.Egress,
			func() { target.Must("ip", "link", "set", device(target), "down") }, `^TAP cg0 is down`),
		Entry("the filter of its TAP", fault.UserSpacePath, fault.Ingress,
			func() { target.Must("tc", "qdisc", "del", "dev", device(target), "clsact") }, `^the filter of TAP cg0 that puts packets back is gone`),
		Entry("the size of its frames", fault.UserSpacePath, fault.Egress,
			func() {
				target.Must("ip", "link", "set", "eth0", "mtu", "2000")
				Eventually(func() string { return target.Must("ip", "-o", "link") }, "20s").Should(MatchRegexp(`cg\d+: .* mtu 2000 `))
				target.Must("ip", "link", "set", "eth0", "mtu", "1500")
			}, `MTU`),
		Entry("its netem", fault.NetemPath, fault.Egress,
			func() {
				target.Must("tc", "qdisc", "change", "dev", "eth0", "parent", "c6a7:1", "netem", "delay", "1ms", "limit", "1000000")
			}, `^read qdisc netem back: the kernel does delay 1ms`),
		Entry("its class", fault.NetemPath, fault.Egress,
			func() { target.Must("tc", "class", "del", "dev", "eth0", "classid", "c6a7:1") }, `^read class c6a7:1 of eth0 back: there is no such class`),
		Entry("its HTB", fault.NetemPath, fault.Egress,
			func() { target.Must("tc", "qdisc", "del", "dev", "eth0", "root") }, `^read the root qdisc of eth0 back`),
		Entry("its IFB", fault.NetemPath, fault.Ingress,
			func() { target.Must("ip", "link", "del", device(target)) }, `^find IFB chaosgate-i`),
		Entry("its IFB, by setting it down", fault.NetemPath, fault.Ingress,
			func() { target.Must("ip", "link", "set", device(target), "down") }, `^IFB chaosgate-i\d+ is down`),
	)

	It("and cannot be put back has a gap that lasts, and says why", func(ctx SpecContext) {
		here := newAgent()
		i := here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))
		Expect(i.Renew(1)).To(Succeed()) // its host is silent, so another agent takes it for dead
		beside := newAgent().mustInject(ctx, request(target, fault.Delay(ms(10)), fault.Filter{}, ""))
		lasts := And(HaveLen(1), HaveEach(And(HaveField("To", BeZero()), HaveField("Expected", false), HaveField("Text", MatchRegexp(
			`egress of eth0 is gone: somebody else has changed that; the fault cannot be put back: delay 200ms \(egress\) would delay the same packets as .* which another test process holds`)))))
		Expect(i.Evidence().Gaps).To(lasts)
		Expect(i.Renew(injector.In(time.Minute))).To(Succeed())
		Expect(ping(client, TargetIP, 2)).To(HaveEach(BeNumerically("<", delay)))
		Expect(i.Evidence().Gaps).To(lasts)
		beside.revert()
		Eventually(func() []time.Duration { i.Verify(); return tryPing(client, TargetIP) }, "20s").Should(HaveEach(BeNumerically(">=", delay)), "it is tried again")
		Expect(gap(i).To).NotTo(BeZero())
		i.revert()
	})
})

var _ = Describe("a fault whose networks come and go", func() {
	var target, client *Host
	const delay = 200 * time.Millisecond
	late := HaveEach(BeNumerically(">=", delay))

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
	})

	// join connects the target to one more network, as an engine does.
	join := func(device, number string) (address string) {
		GinkgoHelper()
		target.Lay(device, client)
		client.Address(device, fmt.Sprintf("10.%s.0.2/24", number))
		target.Address(device, fmt.Sprintf("10.%s.0.1/24", number))
		return fmt.Sprintf("10.%s.0.1", number)
	}
	DescribeTable("is on the new link at once, on all paths", func(ctx SpecContext, path fault.Path, way fault.Direction, comeAndGo bool) {
		needPath(ctx, path)
		q := request(target, fault.Delay(delay), fault.Filter{Direction: way}, path)
		q.ComeAndGo = comeAndGo
		i := newAgent().mustInject(ctx, q)
		Expect(ping(client, TargetIP, 3)).To(late)
		before := i.Evidence().Value("packets")
		Expect(before).To(BeNumerically(">=", 3))

		target.Must("ip", "link", "del", "eth0") // docker network disconnect
		Eventually(func() []record.Gap { return i.Evidence().Gaps }, "20s").Should(ContainElement(
			And(HaveField("Text", "eth0 has left; no link of the target has the fault"), HaveField("To", BeZero()), HaveField("Expected", comeAndGo))))
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", before), "its counts stay")

		address := join("eth0", "78") // docker network connect
		Eventually(func() []record.Gap { return i.Evidence().Gaps }, "20s").Should(HaveEach(HaveField("To", Not(BeZero()))))
		Expect(ping(client, address, 3)).To(late)
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", before+3))
		Expect(i.Evidence().Effective).To(BeTrue())
		Expect(i.Evidence().Gaps).To(HaveEach(HaveField("Expected", comeAndGo)))

		second := join("eth1", "79")
		Eventually(func() []time.Duration { return tryPing(client, second) }, "20s").Should(late)
		Expect(i.Evidence().Gaps).To(ContainElement(HaveField("Text", "eth1 has come, with 10.79.0.1/24 on eth1")))
		i.revert()
		for _, device := range []string{"eth0", "eth1"} {
			Expect(target.Must("tc", "qdisc", "show", "dev", device)).NotTo(ContainSubstring("clsact"))
		}
		Expect(target.Must("ip", "-o", "link")).NotTo(Or(ContainSubstring("cg"), ContainSubstring("chaosgate")))
		Expect(median(ping(client, address, 3))).To(BeNumerically("<", delay/2))
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", before+3))
	},
		Entry("user space, out", fault.UserSpacePath, fault.Egress, true),
		Entry("user space, in", fault.UserSpacePath, fault.Ingress, false),
		Entry("netem, out", fault.NetemPath, fault.Egress, false),
		Entry("netem, in", fault.NetemPath, fault.Ingress, true),
	)

	It("keeps its counts, and nothing else, of links that come and go many times", func(ctx SpecContext) {
		q := request(target, fault.BlackHole(), fault.Filter{Peers: []netip.Prefix{prefixOf(ClientIP)}, Direction: fault.Egress}, "")
		q.ComeAndGo = true
		i := newAgent().mustInject(ctx, q)
		live := i.Live.(*injection)
		const times = 5
		for n := range times {
			_, err := target.Run("ping", "-n", "-c", "1", "-W", "0.1", ClientIP)
			Expect(err).To(HaveOccurred())
			Expect(i.Evidence().Value("packets")).To(Equal(record.Float(n + 1)))
			target.Must("ip", "link", "del", "eth0")
			target.Lay("eth0", client)
			target.Address("eth0", TargetIP+"/24")
			client.Address("eth0", ClientIP+"/24")
			Eventually(func() []record.Gap { return i.Evidence().Gaps }, "20s").Should(HaveEach(HaveField("To", Not(BeZero()))))
			// The address is resolved, so that the next packet is not lost on the way.
			target.Must("ip", "neighbour", "replace", ClientIP, "lladdr", "02:00:00:00:00:01", "dev", "eth0")
		}
		Expect(live.interceptions).To(HaveLen(1))
		Expect(i.Attestation().Readback).To(HaveLen(1))
		i.revert()
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(times)))
	})

	It("stays on a link that is set down and up, and on one that is renamed, without a gap", func(ctx SpecContext) {
		i := newAgent().mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))
		target.Must("ip", "link", "set", "eth0", "down")
		i.Verify()
		target.Must("ip", "link", "set", "eth0", "name", "lan0")
		target.Must("ip", "link", "set", "lan0", "up")
		target.Address("lan0", TargetIP6+"/64") // the kernel removes it with the link
		Eventually(func() []time.Duration { return tryPing(client, TargetIP) }, "20s").Should(late)
		Expect(i.Evidence().Gaps).To(BeEmpty())
		i.revert()
		Expect(median(ping(client, TargetIP, 3))).To(BeNumerically("<", delay/2))
	})

	It("may be set down at the end, which is nobody's fault", func(ctx SpecContext) {
		i := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		target.Must("ip", "link", "set", "eth0", "down")
		i.revert()
	})

	It("is on a link as soon as it has an address", func(ctx SpecContext) {
		target.Lay("eth1", client)
		client.Address("eth1", "10.78.0.2/24")
		target.Address("eth1")
		i := newAgent().mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))
		Expect(target.Must("tc", "filter", "show", "dev", "eth1", "egress")).To(BeEmpty())
		target.Must("ip", "addr", "add", "10.78.0.1/24", "dev", "eth1")
		Eventually(func() []time.Duration { return tryPing(client, "10.78.0.1") }, "20s").Should(late)
		Expect(gap(i).Text).To(HavePrefix("eth1 has come"))
		i.revert()
		Expect(target.Must("tc", "qdisc", "show", "dev", "eth1")).NotTo(ContainSubstring("clsact"))
	})

	It("is on a link again that was in another namespace and has come back with its index", func(ctx SpecContext) {
		elsewhere := NewHost(GinkgoTB())
		q := request(target, fault.Delay(delay), fault.Filter{}, "")
		q.ComeAndGo = true
		i := newAgent().mustInject(ctx, q)
		index := func() int {
			GinkgoHelper()
			link, err := target.LinkByName("eth0")
			Expect(err).NotTo(HaveOccurred())
			return link.Attrs().Index
		}
		was := index()
		target.Must("ip", "link", "set", "eth0", "netns", fmt.Sprint(elsewhere.PID()))
		elsewhere.Must("ip", "link", "set", "eth0", "netns", fmt.Sprint(target.PID()))
		target.Address("eth0", TargetIP+"/24")
		Expect(index()).To(Equal(was))
		Eventually(func() []time.Duration { return tryPing(client, TargetIP) }, "20s").Should(late)
		Expect(i.Evidence().Gaps).To(And(Not(BeEmpty()), HaveEach(HaveField("Expected", true))), "nobody has removed the filter")
		i.revert()
	})

	It("is not said to be removed from a link that has left and come back during a look", func(ctx SpecContext) {
		elsewhere := NewHost(GinkgoTB())
		q := request(target, fault.Delay(delay), fault.Filter{}, "")
		q.ComeAndGo = true
		i := newAgent().mustInject(ctx, q)
		live := i.Live.(*injection)
		n := live.namespace
		n.mu.Lock() // a look begins
		n.hear()
		links, err := n.kernel.Links()
		Expect(err).NotTo(HaveOccurred())
		target.Must("ip", "link", "set", "eth0", "netns", fmt.Sprint(elsewhere.PID()))
		elsewhere.Must("ip", "link", "set", "eth0", "netns", fmt.Sprint(target.PID()))
		found := live.find(links)
		n.mu.Unlock()
		Expect(found.removed).To(BeEmpty())
		Expect(found.moved).To(ContainElement("eth0 has left"))
		target.Address("eth0", TargetIP+"/24")
		Eventually(func() []time.Duration { return tryPing(client, TargetIP) }, "20s").Should(late)
		i.revert()
	})

	It("is not put on a link that leaves during a look", func(ctx SpecContext) {
		q := request(target, fault.BlackHole(), fault.Filter{}, "")
		q.ComeAndGo = true
		i := newAgent().mustInject(ctx, q)
		live := i.Live.(*injection)
		n := live.namespace
		n.mu.Lock() // a look begins
		n.hear()
		links, listed := n.kernel.Links()
		target.Must("ip", "link", "del", "eth0")
		found := live.find(links)
		bare := found.bare
		// It may also leave a moment later.
		found.bare = live.hooks(n.chooseLinks(links))
		repaired := n.repair(links, map[*injection]*finding{live: found})
		live.conclude(found)
		n.mu.Unlock()
		Expect(errors.Join(listed, repaired)).NotTo(HaveOccurred())
		Expect(bare).To(BeEmpty())
		Expect(found.moved).To(Equal([]string{"eth0 has left"}))
		Expect(found.failed).To(BeEmpty())
		Expect(i.Evidence().Gaps).To(ConsistOf(And(HaveField("Expected", true),
			HaveField("Text", "eth0 has left; no link of the target has the fault"))))
		i.revert()
	})

	It("has no gap when they leave because the target has ended", func(ctx SpecContext) {
		i := newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		target.End()
		client.Must("ip", "link", "del", "eth0") // the engine takes the network down
		i.Verify()
		e := i.Evidence()
		Expect(e.TargetDied).To(BeTrue())
		Expect(e.Gaps).To(BeEmpty())
		i.revert()
	})
})
