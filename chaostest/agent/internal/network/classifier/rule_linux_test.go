package classifier

import (
	"net/netip"

	"github.com/cilium/ebpf"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

const (
	us, them, other    = "10.0.0.1", "10.0.0.2", "10.0.9.9"
	us6, them6, other6 = "fd00::1", "fd00::2", "fd00:0:9::9"
)

func peers(prefixes ...string) fault.Filter {
	var f fault.Filter
	for _, p := range prefixes {
		f.Peers = append(f.Peers, netip.MustParsePrefix(p))
	}
	return f
}

func port(ranges ...fault.PortRange) fault.Filter { return fault.Filter{Ports: ranges} }

func protocolFilter(p fault.Protocol) fault.Filter { return fault.Filter{Protocol: p} }

// inAnHour is the end of a lease that lasts longer than the spec.
func inAnHour() uint64 { return injector.Monotonic() + 3600e9 }

var _ = Describe("the classifier", func() {
	BeforeEach(needBPF)

	// build loads a rule. Its lease rests unless renewed has a deadline.
	build := func(r Rule, renewed ...uint64) *Program {
		GinkgoHelper()
		l, err := NewLease(inAnHour())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(l.Close)
		for _, until := range renewed {
			Expect(l.Renew(until)).To(Succeed())
		}
		r.Ethernet = true
		p, err := Load(r, l)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(p.Close)
		return p
	}
	// run reports whether the packet matches, and checks the counters.
	run := func(f fault.Filter, way fault.Direction, frame packet) bool {
		GinkgoHelper()
		p := build(Rule{Filter: f, Direction: way, Outcome: Lose(fault.Egress)}, inAnHour())
		answer, _, err := p.Test(frame)
		Expect(err).NotTo(HaveOccurred())
		count, err := p.Counters()
		Expect(err).NotTo(HaveOccurred())
		switch int32(answer) {
		case int32(netlink.TC_ACT_STOLEN):
			Expect(count).To(Equal(Counters{Packets: 1, Bytes: uint64(len(frame))}))
			return true
		case int32(netlink.TC_ACT_UNSPEC):
			Expect(count).To(BeZero())
			return false
		}
		Fail("the classifier answered with another action")
		return false
	}

	DescribeTable("matches", func(f fault.Filter, way fault.Direction, frame packet, want bool) {
		Expect(run(f, way, frame)).To(Equal(want))
	},
		Entry("all IPv4", fault.Filter{}, fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("all IPv6", fault.Filter{}, fault.Egress, v6(us6, them6, tcp, ports(1, 2)), true),
		Entry("any protocol", fault.Filter{}, fault.Ingress, v4(us, them, 132, 5, 0, nil), true),
		Entry("no ARP", fault.Filter{}, fault.Egress, frame(0x0806), false),
		Entry("no tagged frame", fault.Filter{}, fault.Egress, frame(0x88a8), false),

		Entry("the destination on egress", peers(them+"/32"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("not the source on egress", peers(them+"/32"), fault.Egress, v4(them, us, tcp, 5, 0, ports(1, 2)), false),
		Entry("the source on ingress", peers(them+"/32"), fault.Ingress, v4(them, us, tcp, 5, 0, ports(1, 2)), true),
		Entry("not the destination on ingress", peers(them+"/32"), fault.Ingress, v4(us, them, tcp, 5, 0, ports(1, 2)), false),
		Entry("another peer", peers(other+"/32"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), false),
		Entry("the second peer", peers(other+"/32", them+"/32"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("a network", peers("10.0.0.0/17"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("a network written with host bits", peers("10.0.0.77/17"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("outside of a network", peers("10.0.128.0/17"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), false),
		Entry("a high address", peers("192.168.0.0/16"), fault.Egress, v4(us, "192.168.1.2", tcp, 5, 0, ports(1, 2)), true),
		Entry("the whole of IPv4", peers("0.0.0.0/0"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),
		Entry("the whole of IPv4 after a peer", peers(other+"/32", "0.0.0.0/0", "1.1.1.1/32"), fault.Egress, v4(us, them, tcp, 5, 0, nil), true),
		Entry("no IPv6 for the whole of IPv4", peers("0.0.0.0/0"), fault.Egress, v6(us6, them6, tcp, ports(1, 2)), false),
		Entry("no IPv4 for the whole of IPv6", peers("::/0"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), false),
		Entry("an IPv6 destination", peers(them6+"/128"), fault.Egress, v6(us6, them6, tcp, ports(1, 2)), true),
		Entry("an IPv6 source", peers(them6+"/128"), fault.Ingress, v6(them6, us6, tcp, ports(1, 2)), true),
		Entry("no IPv6 source on egress", peers(them6+"/128"), fault.Egress, v6(them6, us6, tcp, ports(1, 2)), false),
		Entry("another IPv6 peer, the last bits", peers(them6+"/128"), fault.Egress, v6(us6, "fd00::3", tcp, ports(1, 2)), false),
		Entry("another IPv6 peer, the first bits", peers(them6+"/128"), fault.Egress, v6(us6, "fc00::2", tcp, ports(1, 2)), false),
		Entry("an IPv6 network across words", peers("fd00:0:8::/47"), fault.Egress, v6(us6, other6, tcp, ports(1, 2)), true),
		Entry("outside of an IPv6 network", peers("fd00:0:8::/48"), fault.Egress, v6(us6, other6, tcp, ports(1, 2)), false),
		Entry("a peer of either family", peers(them+"/32", them6+"/128"), fault.Egress, v6(us6, them6, tcp, ports(1, 2)), true),
		Entry("an IPv4 peer in IPv6 form", peers("::ffff:10.0.0.2/128"), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 2)), true),

		Entry("TCP", protocolFilter(fault.TCP), fault.Egress, v4(us, them, tcp, 5, 0, nil), true),
		Entry("UDP is no TCP", protocolFilter(fault.TCP), fault.Egress, v4(us, them, udp, 5, 0, nil), false),
		Entry("UDP", protocolFilter(fault.UDP), fault.Egress, v6(us6, them6, udp, ports(1, 2)), true),
		Entry("TCP is no UDP", protocolFilter(fault.UDP), fault.Egress, v6(us6, them6, tcp, ports(1, 2)), false),
		Entry("ICMP", protocolFilter(fault.ICMP), fault.Egress, v4(us, them, icmp, 5, 0, []byte{8, 0}), true),
		Entry("ICMPv6", protocolFilter(fault.ICMP), fault.Egress, v6(us6, them6, icmp6, []byte{128, 0, 0, 0}), true),
		Entry("ICMP's number on IPv6", protocolFilter(fault.ICMP), fault.Egress, v6(us6, them6, icmp), false),
		Entry("TCP is no ICMP", protocolFilter(fault.ICMP), fault.Egress, v4(us, them, tcp, 5, 0, nil), false),
		Entry("ICMP type 135 on IPv4", fault.Filter{}, fault.Egress, v4(us, them, icmp, 5, 0, []byte{135}), true),
		Entry("ICMPv6 just below neighbour discovery", fault.Filter{}, fault.Egress, v6(us6, them6, icmp6, []byte{132}), true),
		Entry("router solicitation", fault.Filter{}, fault.Egress, v6(us6, them6, icmp6, []byte{133}), false),
		Entry("neighbour solicitation", peers(them6+"/128"), fault.Egress, v6(us6, them6, icmp6, []byte{135}), false),
		Entry("redirect", protocolFilter(fault.ICMP), fault.Egress, v6(us6, them6, icmp6, []byte{137}), false),
		Entry("ICMPv6 just above neighbour discovery", fault.Filter{}, fault.Egress, v6(us6, them6, icmp6, []byte{138}), true),
		Entry("neighbour advertisement behind an option", fault.Filter{}, fault.Egress, v6(us6, them6, 0, option(icmp6, 0), []byte{136}), false),

		Entry("the destination's port", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, tcp, 5, 0, ports(999, 80)), true),
		Entry("the source's port", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, udp, 5, 0, ports(80, 999)), true),
		Entry("another port", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, tcp, 5, 0, ports(81, 79)), false),
		Entry("a range's first", port(fault.PortRange{First: 80, Last: 90}), fault.Ingress, v4(us, them, tcp, 5, 0, ports(1, 80)), true),
		Entry("a range's last", port(fault.PortRange{First: 80, Last: 90}), fault.Ingress, v4(us, them, tcp, 5, 0, ports(90, 1)), true),
		Entry("beside a range", port(fault.PortRange{First: 80, Last: 90}), fault.Ingress, v4(us, them, tcp, 5, 0, ports(91, 79)), false),
		Entry("the highest port", port(fault.PortRange{First: 65535, Last: 65535}), fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 65535)), true),
		Entry("the second range", port(fault.PortRange{First: 80, Last: 80}, fault.PortRange{First: 443, Last: 443}), fault.Egress, v6(us6, them6, tcp, ports(1, 443)), true),
		Entry("ports are of TCP and UDP", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, icmp, 5, 0, ports(80, 80)), false),
		Entry("a port of TCP only", fault.Filter{Protocol: fault.TCP, Ports: []fault.PortRange{{First: 80, Last: 80}}}, fault.Egress, v4(us, them, udp, 5, 0, ports(80, 80)), false),
		Entry("behind IPv4 options", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, tcp, 15, 0, ports(1, 80)), true),
		Entry("not inside IPv4 options", port(fault.PortRange{First: 1, Last: 65535}), fault.Egress, v4(us, them, tcp, 15, 0, ports(0, 0)), false),

		Entry("a first fragment's ports", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, udp, 5, 0x2000, ports(1, 80)), true),
		Entry("no later fragment's ports", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, udp, 5, 0x2001, ports(80, 80)), false),
		Entry("no last fragment's ports", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, udp, 5, 0x0100, ports(80, 80)), false),
		Entry("a later fragment without ports", peers(them+"/32"), fault.Egress, v4(us, them, udp, 5, 0x2001, nil), true),
		Entry("don't-fragment is no fragment", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v4(us, them, udp, 5, 0x4000, ports(1, 80)), true),
		Entry("a first IPv6 fragment's ports", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v6(us6, them6, 44, part(udp, 0, true), ports(1, 80)), true),
		Entry("no later IPv6 fragment's ports", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v6(us6, them6, 44, part(udp, 1, true), ports(80, 80)), false),
		Entry("a later IPv6 fragment of a protocol", protocolFilter(fault.UDP), fault.Egress, v6(us6, them6, 44, part(udp, 9, false), ports(0, 0)), true),
		Entry("a later IPv6 fragment that looks like neighbour discovery", fault.Filter{}, fault.Egress, v6(us6, them6, 44, part(icmp6, 9, false), []byte{135}), true),

		Entry("behind one option", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v6(us6, them6, 0, option(tcp, 0), ports(1, 80)), true),
		Entry("behind a long option", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v6(us6, them6, 60, option(tcp, 4), ports(1, 80)), true),
		Entry("behind authentication", port(fault.PortRange{First: 80, Last: 80}), fault.Egress, v6(us6, them6, 51, auth(tcp, 4), ports(1, 80)), true),
		Entry("behind many headers", port(fault.PortRange{First: 80, Last: 80}), fault.Egress,
			v6(us6, them6, 0, option(43, 1), option(60, 0), option(51, 2), auth(135, 4), option(44, 0), part(60, 0, true), option(udp, 1), ports(1, 80)), true),
		Entry("no protocol behind too many headers", protocolFilter(fault.TCP), fault.Egress,
			v6(us6, them6, 0, option(60, 0), option(60, 0), option(60, 0), option(60, 0), option(60, 0), option(60, 0), option(60, 0), option(60, 0), option(tcp, 0), ports(1, 80)), false),
		Entry("a packet cut short of its ports", port(fault.PortRange{First: 1, Last: 65535}), fault.Egress, v4(us, them, tcp, 5, 0, ports(80, 80))[:36], false),
	)

	// group addresses a frame to a group in its Ethernet header.
	group := func(p packet) packet { p[0] |= 1; return p }
	DescribeTable("counts what any link has apart", func(f fault.Filter, frame packet, common uint64) {
		p := build(Rule{Filter: f, Direction: fault.Ingress, Outcome: Lose(fault.Ingress)}, inAnHour())
		_, _, err := p.Test(frame)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.Counters()).To(Equal(Counters{Packets: 1, Bytes: uint64(len(frame)), Common: common}))
	},
		Entry("multicast", fault.Filter{}, group(v4(them, "224.0.0.22", 2, 6, 0, nil)), uint64(1)),
		Entry("the broadcast of a network", fault.Filter{}, group(v4(them, "10.0.0.255", udp, 5, 0, ports(1, 2))), uint64(1)),
		Entry("multicast listener reports", fault.Filter{}, group(v6("fe80::1", "ff02::16", 0, option(icmp6, 0), []byte{143})), uint64(1)),
		Entry("multicast of a protocol", protocolFilter(fault.UDP), group(v6("fe80::1", "ff02::fb", udp, ports(5353, 5353))), uint64(1)),
		Entry("but not one peer's packets", fault.Filter{}, v4(them, us, tcp, 5, 0, ports(1, 2)), uint64(0)),
		Entry("but not a group that the filter names", peers("fe80::1/128"), group(v6("fe80::1", "ff02::fb", udp, ports(5353, 5353))), uint64(0)),
		Entry("but not a port that the filter names", port(fault.PortRange{First: 5353, Last: 5353}), group(v4(them, "224.0.0.251", udp, 5, 0, ports(5353, 5353))), uint64(0)),
	)

	DescribeTable("counts it on links without Ethernet, by the destination", func(packet packet, common uint64) {
		l, err := NewLease(inAnHour())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(l.Close)
		Expect(l.Renew(inAnHour())).To(Succeed())
		p, err := Load(Rule{Direction: fault.Egress, Outcome: Lose(fault.Egress)}, l)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(p.Close)
		// A test run takes bytes 12 and 13 for the protocol. In these packets they belong to the
		// source's address, which is chosen to spell it.
		_, err = p.Run(&ebpf.RunOptions{Data: packet[14:]})
		Expect(err).NotTo(HaveOccurred())
		count, err := p.Counters()
		Expect(err).NotTo(HaveOccurred())
		Expect(count.Packets).To(Equal(uint64(1)))
		Expect(count.Common).To(Equal(common))
	},
		Entry("IPv4 multicast", v4("8.0.0.1", "224.0.0.22", 2, 5, 0, nil), uint64(1)),
		Entry("IPv6 multicast", v6("fd00:0:86dd::1", "ff02::16", udp, ports(1, 2)), uint64(1)),
		Entry("one IPv4 peer", v4("8.0.0.1", them, udp, 5, 0, ports(1, 2)), uint64(0)),
		Entry("one IPv6 peer", v6("fd00:0:86dd::1", them6, udp, ports(1, 2)), uint64(0)),
	)

	It("goes on with its counters when another rule takes its place", func() {
		l, err := NewLease(inAnHour())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(l.Close)
		Expect(l.Renew(inAnHour())).To(Succeed())
		before, err := Load(Rule{Direction: fault.Egress, Ethernet: true, Filter: peers(them + "/32"), Outcome: Lose(fault.Egress)}, l)
		Expect(err).NotTo(HaveOccurred())
		after, err := before.Reload(Rule{Direction: fault.Egress, Ethernet: true, Filter: peers(other + "/32"), Outcome: Lose(fault.Egress)}, l)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(after.Close)
		_, _, err = before.Test(v4(us, them, tcp, 5, 0, nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(before.Close()).To(Succeed())
		for _, peer := range []string{them, other} {
			_, _, err = after.Test(v4(us, peer, tcp, 5, 0, nil))
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(after.Counters()).To(HaveField("Packets", uint64(2)))
	})

	It("says to other agents what it is, and whether it is held", func() {
		l, err := NewLease(1)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(l.Close)
		p, err := Load(Rule{Direction: fault.Egress, Outcome: Lose(fault.Egress), About: []byte("a delay")}, l)
		Expect(err).NotTo(HaveOccurred())
		id, err := p.ID()
		Expect(err).NotTo(HaveOccurred())
		Expect(Inspect(id, injector.Monotonic())).To(Equal(Standing{Lapsed: true, Resting: true, About: []byte("a delay")}))
		Expect(l.Renew(inAnHour())).To(Succeed())
		Expect(Inspect(id, injector.Monotonic())).To(Equal(Standing{About: []byte("a delay")}))
		Expect(l.Rest(inAnHour())).To(Succeed())
		Expect(Inspect(id, injector.Monotonic())).To(Equal(Standing{Resting: true, About: []byte("a delay")}))
		Expect(p.Close()).To(Succeed())
		Eventually(func() (Standing, error) { return Inspect(id, 0) }, "20s").Should(Equal(Standing{Lapsed: true}), "it is gone")
	})

	It("ANDs the parts of a filter", func() {
		f := peers(them + "/32")
		f.Protocol, f.Ports = fault.TCP, []fault.PortRange{{First: 80, Last: 80}}
		Expect(run(f, fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 80)))).To(BeTrue())
		Expect(run(f, fault.Egress, v4(us, other, tcp, 5, 0, ports(1, 80)))).To(BeFalse())
		Expect(run(f, fault.Egress, v4(us, them, udp, 5, 0, ports(1, 80)))).To(BeFalse())
		Expect(run(f, fault.Egress, v4(us, them, tcp, 5, 0, ports(1, 81)))).To(BeFalse())
	})

	It("finds each peer and port of the longest lists", func() {
		var f fault.Filter
		for i := range fault.MaxPeers / 2 {
			f.Peers = append(f.Peers,
				netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), 32),
				netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 15: byte(i)}), 128))
		}
		for i := range uint16(fault.MaxPorts) {
			f.Ports = append(f.Ports, fault.PortRange{First: 1000 + 10*i, Last: 1004 + 10*i})
		}
		Expect(run(f, fault.Egress, v4(us, "10.1.0.63", tcp, 5, 0, ports(9, 1634)))).To(BeTrue())
		Expect(run(f, fault.Egress, v6(us6, "fd00::3f", tcp, ports(9, 1000)))).To(BeTrue())
		Expect(run(f, fault.Egress, v6(us6, "fd00::40", tcp, ports(9, 1000)))).To(BeFalse())
		Expect(run(f, fault.Egress, v4(us, "10.1.0.63", tcp, 5, 0, ports(9, 1635)))).To(BeFalse())
	})

	It("lets packets pass after the lease, and counts them as lapsed", func() {
		p := build(Rule{Direction: fault.Egress, Outcome: Lose(fault.Egress)}, injector.Monotonic())
		for range 3 {
			answer, _, err := p.Test(v4(us, them, tcp, 5, 0, nil))
			Expect(err).NotTo(HaveOccurred())
			Expect(int32(answer)).To(Equal(int32(netlink.TC_ACT_UNSPEC)))
		}
		Expect(p.Counters()).To(Equal(Counters{Lapsed: 3}))
	})

	It("lets packets pass without counting while the fault is not running", func() {
		p := build(Rule{Direction: fault.Egress, Outcome: Lose(fault.Egress)})
		answer, _, err := p.Test(v4(us, them, tcp, 5, 0, nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(int32(answer)).To(Equal(int32(netlink.TC_ACT_UNSPEC)))
		Expect(p.Counters()).To(BeZero())
	})

	// context is the part of struct __sk_buff that a test run uses.
	type context struct {
		Len, PacketType, Mark, Queue, Protocol, VLANPresent, VLANTCI, VLANProtocol, Priority uint32
		Rest                                                                                 [39]uint32
	}
	in := func(p *Program, before context, frame packet) (int32, context) {
		GinkgoHelper()
		var after context
		answer, err := p.Run(&ebpf.RunOptions{Data: frame, Context: before, ContextOut: &after})
		Expect(err).NotTo(HaveOccurred())
		return int32(answer), after
	}

	DescribeTable("acts", func(o Outcome, miss, hit int32, priority uint32) {
		p := build(Rule{Filter: peers(them + "/32"), Direction: fault.Egress, Outcome: o}, inAnHour())
		answer, after := in(p, context{Priority: 5}, v4(us, them, tcp, 5, 0, nil))
		Expect(answer).To(Equal(hit))
		Expect(after.Priority).To(Equal(priority))
		answer, after = in(p, context{Priority: 5}, v4(us, other, tcp, 5, 0, nil))
		Expect(answer).To(Equal(miss))
		Expect(after.Priority).To(Equal(uint32(5)))
	},
		Entry("by losing on egress", Lose(fault.Egress), int32(-1), int32(netlink.TC_ACT_STOLEN), uint32(5)),
		Entry("by losing on ingress", Lose(fault.Ingress), int32(-1), int32(netlink.TC_ACT_SHOT), uint32(5)),
		Entry("by redirecting", ToDevice(1), int32(-1), int32(netlink.TC_ACT_REDIRECT), uint32(5)),
		Entry("by naming a class", ToClass(0xc6a70003), int32(-1), int32(-1), uint32(0xc6a70003)),
		Entry("by matching for the filter's actions", ToClassOfIFB(1, 0xc6a70003), int32(0), int32(-1), uint32(0xc6a70003)),
	)

	DescribeTable("on ingress, a mark", func(way fault.Direction, rules, mark uint32, want netlink.TcAct, remaining uint32) {
		p := build(Rule{Direction: way, Mark: rules, Outcome: Lose(fault.Ingress)}, inAnHour())
		answer, after := in(p, context{Mark: mark}, v4(us, them, tcp, 5, 0, nil))
		Expect(answer).To(Equal(int32(want)))
		Expect(after.Mark).To(Equal(remaining))
	},
		Entry("of this rule is removed", fault.Ingress, MarkBase+7, MarkBase+7, netlink.TC_ACT_UNSPEC, uint32(0)),
		Entry("of another path stays", fault.Ingress, MarkBase+7, MarkBase+8, netlink.TC_ACT_UNSPEC, MarkBase+8),
		Entry("of a path stays if the rule has none", fault.Ingress, uint32(0), MarkBase+255, netlink.TC_ACT_UNSPEC, MarkBase+255),
		Entry("of the target means nothing", fault.Ingress, MarkBase+7, uint32(7), netlink.TC_ACT_SHOT, uint32(7)),
		Entry("of 0 means nothing", fault.Ingress, uint32(0), uint32(0), netlink.TC_ACT_SHOT, uint32(0)),
		Entry("on egress means nothing", fault.Egress, uint32(0), MarkBase+7, netlink.TC_ACT_SHOT, MarkBase+7),
	)
})
