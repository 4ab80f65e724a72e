package classifier

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The offsets of fields in struct __sk_buff (include/uapi/linux/bpf.h).
const (
	skbLen      = 0
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
	stackIP    int32 = -40 // the IP header
	stackOther int32 = -48 // the first 8 bytes of any other header
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
}

// assemble turns a rule into a program. lease and count are file descriptors of maps. It is
// a pure function. The program needs helpers and fields that Linux 5.2 has.
func (r Rule) assemble(lease, count int) asm.Instructions {
	c := &code{}
	c.add(asm.Mov.Reg(skb, asm.R1))
	if r.Direction == fault.Ingress {
		r.passMarked(c)
	}
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
	tally(c, lease, count)
	c.add(r.Outcome.hit...)
	c.add(asm.Mov.Imm(asm.R0, r.Outcome.miss).WithSymbol(labelMiss), asm.Return())
	return c.Instructions
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
