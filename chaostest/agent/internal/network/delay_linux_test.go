package network

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = DescribeTableSubtree("a delay", func(path fault.Path) {
	var target, client *Host
	var here agent
	const delay = 200 * time.Millisecond

	BeforeEach(func(ctx SpecContext) {
		needPath(ctx, path)
		target, client = Connect(GinkgoTB())
		here = newAgent()
	})

	// late matches the time of a delayed packet, and prompt that of an untouched one. Their
	// margins are wide enough for a busy machine.
	late := BeNumerically(">=", delay)
	prompt := BeNumerically("<", delay/2)

	DescribeTable("holds packets back in the requested direction only", func(ctx SpecContext, way fault.Direction, out, in bool) {
		before := target.State()
		i := here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{Direction: way}, path))
		Expect(i.Attestation().Path).To(Equal(string(path)))
		Expect(i.Attestation().Readback).To(ContainElement(map[fault.Path]types.GomegaMatcher{
			fault.NetemPath:     MatchRegexp(`^(eth0|chaosgate-i\d+): qdisc netem c701:0 parent c6a7:1 delay 200ms limit 1000000$`),
			fault.UserSpacePath: MatchRegexp(`^eth0 (in|e)gress: TAP cg\d+, index \d+, delay 200ms in user space$`),
		}[path]))
		routes := target.Must("ip", "-6", "route", "show", "table", "all")
		Expect(routes).NotTo(Or(ContainSubstring("dev chaosgate-"), ContainSubstring("dev cg")))
		for _, addresses := range [][2]string{{TargetIP, ClientIP}, {TargetIP6, ClientIP6}} {
			expectLate := func(took []time.Duration, is bool) {
				GinkgoHelper()
				if is {
					Expect(took).To(HaveEach(late))
					Expect(median(took)).To(BeNumerically("<", 2*delay))
				} else {
					Expect(median(took)).To(prompt)
				}
			}
			expectLate(oneWay(target, client, addresses[0], addresses[1], 7000, 10), out)
			expectLate(oneWay(client, target, addresses[1], addresses[0], 7000, 10), in)
		}
		for _, address := range []string{TargetIP, TargetIP6} {
			times := 0
			for _, is := range []bool{out, in} {
				if is {
					times++
				}
			}
			took := ping(client, address, 5)
			Expect(took).To(HaveEach(BeNumerically(">=", time.Duration(times)*delay)))
			Expect(median(took)).To(BeNumerically("<", time.Duration(times+1)*delay))
		}
		e := i.Evidence()
		Expect(e.Effective).To(BeTrue(), e.Summary)
		Expect(e.Value("packets")).To(BeNumerically(">=", 30))
		Expect(e.Value("lost")).To(BeZero())
		Expect(e.Summary).To(ContainSubstring("delayed"))
		i.revert()
		Expect(target.State()).To(Equal(before))
		Expect(median(ping(client, TargetIP, 5))).To(prompt)
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", e.Value("packets")), "the count remains after the revert")
		Expect(i.Evidence().LeaseLapsed).To(BeFalse())
	},
		Entry("out", fault.Egress, true, false),
		Entry("in", fault.Ingress, false, true),
		Entry("both ways", fault.Both, true, true),
	)

	It("leaves other peers, ports and protocols alone", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{
			Peers: []netip.Prefix{prefixOf(ClientIP), prefixOf(ClientIP6)}, Ports: []fault.PortRange{{First: 7000, Last: 7009}},
			Protocol: fault.UDP, Direction: fault.Both,
		}, path))
		Expect(oneWay(target, client, TargetIP, ClientIP, 7005, 5)).To(HaveEach(late))
		Expect(oneWay(client, target, ClientIP6, TargetIP6, 7005, 5)).To(HaveEach(late))
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(10)))
		Expect(median(oneWay(target, client, TargetIP, StrangerIP, 7005, 5))).To(prompt)
		Expect(median(oneWay(client, target, StrangerIP6, TargetIP6, 7005, 5))).To(prompt)
		Expect(median(oneWay(target, client, TargetIP, ClientIP, 7010, 5))).To(prompt)
		Expect(median(ping(client, TargetIP, 5))).To(prompt)
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(10)))
		Expect(i.Evidence().Effective).To(BeTrue())
	})

	It("spreads the delay by the jitter, and names the seed", func(ctx SpecContext) {
		const middle, jitter = 600 * time.Millisecond, 400 * time.Millisecond
		i := here.mustInject(ctx, request(target, fault.Delay(middle, fault.Jitter(jitter)), fault.Filter{}, path))
		took := oneWay(target, client, TargetIP, ClientIP, 7000, 100)
		Expect(took).To(HaveEach(BeNumerically(">=", middle-jitter)))
		low, high := 0, 0
		for _, t := range took {
			if t < middle {
				low++
			} else {
				high++
			}
		}
		// Each delay is below or above the middle with equal chance. A busy machine only adds
		// to it.
		Expect(low).To(BeNumerically(">", 10))
		Expect(high).To(BeNumerically(">", 10))
		Expect(i.Attestation().Seed).NotTo(BeZero())
		i.revert()
		again := here.mustInject(ctx, request(target, fault.Delay(middle, fault.Jitter(jitter), fault.Seed(42)), fault.Filter{}, path))
		Expect(again.Attestation().Seed).To(Equal(uint64(42)))
	})

	It("lets held packets arrive when it is reverted", func(ctx SpecContext) {
		receiver, sender := client.Listen(ClientIP, 7000), target.Listen(TargetIP, 0)
		for _, way := range []fault.Direction{fault.Egress, fault.Ingress} {
			if way == fault.Ingress {
				receiver, sender = target.Listen(TargetIP, 7001), client.Listen(ClientIP, 0)
			}
			i := here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{Direction: way}, path))
			for range 20 {
				_, err := sender.WriteTo([]byte("held"), receiver.LocalAddr())
				Expect(err).NotTo(HaveOccurred())
			}
			i.revert()
			for range 20 {
				Expect(receiver.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
				_, _, err := receiver.ReadFromUDP(make([]byte, 8))
				Expect(err).NotTo(HaveOccurred())
			}
			Expect(i.Evidence().Value("lost")).To(BeZero())
		}
	})

	It("reports the packets that it still holds", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.Delay(fault.MaxDelay), fault.Filter{Protocol: fault.UDP}, path))
		Expect(i.Evidence().Effective).To(BeFalse())
		Expect(i.Evidence().Summary).To(Equal("no packet matched egress, udp: does the client resolve and reach the peer?"))
		_, err := target.Listen(TargetIP, 0).WriteTo([]byte("held"), client.Listen(ClientIP, 7000).LocalAddr())
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() string { return i.Evidence().Summary }).Should(Equal("1 packet (46 B) delayed; 1 still held"))
		Expect(i.Evidence().Effective).To(BeFalse())
	})

	It("ends in the kernel when its lease is not renewed", func(ctx SpecContext) {
		q := request(target, fault.Delay(delay), fault.Filter{Direction: fault.Both}, path)
		i := here.mustInject(ctx, q)
		Expect(ping(client, TargetIP, 1)).To(HaveEach(BeNumerically(">=", 2*delay)))
		Expect(i.Renew(1)).To(Succeed()) // a deadline in the past
		Expect(median(ping(client, TargetIP, 5))).To(prompt)
		Expect(target.Must("tc", "filter", "show", "dev", "eth0", "egress")).To(ContainSubstring("chaosgate:" + q.ID))
		e := i.Evidence()
		Expect(e.LeaseLapsed).To(BeTrue())
		Expect(e.Effective).To(BeFalse())
		Expect(e.Value("lapsed")).To(BeNumerically(">=", 10))
		Expect(e.Summary).To(ContainSubstring("because the lease had run out"))
		i.revert()
		Expect(i.Evidence().LeaseLapsed).To(BeTrue())
	})
},
	Entry("on the netem path", fault.NetemPath),
	Entry("on the user-space path", fault.UserSpacePath),
)
