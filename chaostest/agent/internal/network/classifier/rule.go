package classifier

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The offsets of fields in struct __sk_buff (include/uapi/linux/bpf.h).
const (
	skbLen      = 0
	skbType     = 4
	skbMark     = 8
	skbProtocol = 16
	skbPriority = 32
	skbSegments = 164
)

// The registers of a classifier. They keep their values across calls of kernel helpers.
const (
	skb       = asm.R6 // the packet
	transport = asm.R7 // the offset of the transport header
	protocol  = asm.R8 // the protocol of that header
	fragment  = asm.R9 // not 0 in a later fragment, which has no ports
)

// The stack of a classifier, below the frame pointer.
const (
	stackIP     int32 = -40 // the IP header
	stackOther  int32 = -48 // the first 8 bytes of any other header
	stackCommon int32 = -56 // 1 for multicast and broadcast, and else 0
)

const (
	labelTransport = "transport"
	labelHit       = "hit"
	labelMiss      = "miss"
)

// Rule says which packets a program matches, and what happens to them.
type Rule struct {
	Filter fault.Filter
	// Direction is fault.Egress or fault.Ingress. On egress the peer of a packet is its
	// destination, and on ingress its source.
	Direction fault.Direction
	// Ethernet says that packets have a header of 14 bytes before the IP header.
	Ethernet bool
	// Mark is the mark of packets that the user-space path of this rule puts back on
	// ingress. It is 0 without such a path. See MarkBase.
	Mark    uint32
	Outcome Outcome
	// About is what the program says about itself to other agents. See Inspect.
	About []byte
}

// maps holds the file descriptors of a program's maps. about is 0 if there is none.
type maps struct{ lease, count, about int }

// assemble turns a rule into a program that uses these maps. It is a pure function. The
// program needs helpers and fields that Linux 5.2 has.
func (r Rule) assemble(m maps) asm.Instructions {
	c := &code{}
	c.add(asm.Mov.Reg(skb, asm.R1))
	if m.about > 0 {
		c.add(asm.LoadMapValue(asm.R2, m.about, 0)) // this ties the map to the program
	}
	if r.Direction == fault.Ingress {
		passOwn(c)
		r.passMarked(c)
	}
	r.findCommon(c)
	four, six := SplitPeers(r.Filter.Peers)
	anyone := len(r.Filter.Peers) == 0
	c.add(asm.LoadMem(asm.R1, skb, skbProtocol, asm.Word))
	if anyone || len(four) > 0 {
		c.add(asm.JEq.Imm(asm.R1, networkOrder(etherIPv4), "ipv4"))
	}
	if anyone || len(six) > 0 {
		c.add(asm.JEq.Imm(asm.R1, networkOrder(etherIPv6), "ipv6"))
	}
	c.add(asm.Ja.Label(labelMiss)) // ARP, and everything else that is not IP
	if anyone || len(four) > 0 {
		c.place("ipv4")
		r.ipv4(c, four)
		c.add(asm.Ja.Label(labelTransport))
	}
	if anyone || len(six) > 0 {
		c.place("ipv6")
		r.ipv6(c, six)
		c.add(asm.Ja.Label(labelTransport))
	}
	c.place(labelTransport)
	r.matchPorts(c)
	c.place(labelHit)
	r.tally(c, m.lease, m.count)
	c.add(r.Outcome.hit...)
	c.add(asm.Mov.Imm(asm.R0, r.Outcome.miss).WithSymbol(labelMiss), asm.Return())
	return c.Instructions
}

// passOwn lets the copies pass that the host makes for itself of its own multicast. They have
// not come by the link, and have no Ethernet header.
func passOwn(c *code) {
	const loopback = 5 // PACKET_LOOPBACK
	c.add(asm.LoadMem(asm.R1, skb, skbType, asm.Word), asm.JEq.Imm(asm.R1, loopback, labelMiss))
}

// linkHeader is the length of the header before the IP header.
func (r Rule) linkHeader() int32 {
	if r.Ethernet {
		return 14
	}
	return 0
}

// matchPorts jumps to labelHit if the source or the destination port matches, and else to
// labelMiss.
func (r Rule) matchPorts(c *code) {
	if len(r.Filter.Ports) == 0 {
		return
	}
	c.add(asm.JNE.Imm(fragment, 0, labelMiss))
	if r.Filter.Protocol == fault.AnyProtocol {
		c.add(asm.JEq.Imm(protocol, protocolTCP, "ports"), asm.JNE.Imm(protocol, protocolUDP, labelMiss))
		c.place("ports")
	}
	c.load(stackOther, 4)
	c.add(halfAt(asm.R1, stackOther)...)
	c.add(halfAt(asm.R2, stackOther+2)...)
	for _, ports := range r.Filter.Ports {
		for _, port := range []asm.Register{asm.R1, asm.R2} {
			below := c.label("below")
			c.add(asm.JLT.Imm(port, int32(ports.First), below), asm.JLE.Imm(port, int32(ports.Last), labelHit))
			c.place(below)
		}
	}
	c.add(asm.Ja.Label(labelMiss))
}

// matchProtocol jumps to labelMiss unless the packet has the filter's protocol. icmp is the
// number of ICMP, which differs between IPv4 and IPv6.
func (r Rule) matchProtocol(c *code, icmp int32) {
	switch r.Filter.Protocol {
	case fault.TCP:
		c.add(asm.JNE.Imm(protocol, protocolTCP, labelMiss))
	case fault.UDP:
		c.add(asm.JNE.Imm(protocol, protocolUDP, labelMiss))
	case fault.ICMP:
		c.add(asm.JNE.Imm(protocol, icmp, labelMiss))
	}
}

// networkOrder is a 16-bit number as it reads in a field with network byte order.
func networkOrder(n uint16) int32 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], n)
	return int32(binary.NativeEndian.Uint16(b[:]))
}
