package network

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Where the fields of struct __sk_buff are (include/uapi/linux/bpf.h).
const (
	skbLen      = 0
	skbMark     = 8
	skbProtocol = 16
	skbPriority = 32
	skbSegments = 164
)

// The registers of a classifier. They survive calls of the kernel's helpers.
const (
	skb       = asm.R6 // the packet
	transport = asm.R7 // where the transport header begins
	protocol  = asm.R8 // its protocol
	fragment  = asm.R9 // 0 unless the packet is a later fragment, which has no ports
)

// The stack of a classifier, below the frame pointer.
const (
	stackIP    int32 = -40 // the IP header
	stackOther int32 = -48 // any other header's first 8 bytes
)

const (
	labelTransport = "transport"
	labelHit       = "hit"
	labelMiss      = "miss"
)

// classifier is what a program is made from.
type classifier struct {
	filter fault.Filter
	// way is fault.Egress or fault.Ingress: the peer of a packet is its
	// destination or its source.
	way fault.Direction
	// header is the length of the link's own header: 14 on Ethernet.
	header int32
	// marks are the packets that a user-space path has put back.
	marks marks
	// lease and count are the file descriptors of the program's maps.
	lease, count int
	outcome      outcome
}

// assemble turns a classifier into a program. It is a pure function. The
// program uses helpers and fields that Linux has since 5.2 at the latest.
func (k classifier) assemble() asm.Instructions {
	c := &code{}
	c.add(asm.Mov.Reg(skb, asm.R1))
	if k.way == fault.Ingress {
		k.marks.spare(c)
	}
	four, six := split(k.filter.Peers)
	any := len(k.filter.Peers) == 0
	c.add(asm.LoadMem(asm.R1, skb, skbProtocol, asm.Word))
	if any || len(four) > 0 {
		c.add(asm.JEq.Imm(asm.R1, networkOrder(unix.ETH_P_IP), "ipv4"))
	}
	if any || len(six) > 0 {
		c.add(asm.JEq.Imm(asm.R1, networkOrder(unix.ETH_P_IPV6), "ipv6"))
	}
	c.add(asm.Ja.Label(labelMiss)) // ARP and all else that is no IP
	if any || len(four) > 0 {
		c.land("ipv4")
		k.ipv4(c, four)
		c.add(asm.Ja.Label(labelTransport))
	}
	if any || len(six) > 0 {
		c.land("ipv6")
		k.ipv6(c, six)
		c.add(asm.Ja.Label(labelTransport))
	}
	c.land(labelTransport)
	k.ports(c)
	c.land(labelHit)
	k.tally(c)
	c.add(k.outcome.hit...)
	c.add(asm.Mov.Imm(asm.R0, k.outcome.miss).WithSymbol(labelMiss), asm.Return())
	return c.Instructions
}

// ports jumps to the hit or the miss by the transport's ports: either end's.
func (k classifier) ports(c *code) {
	if len(k.filter.Ports) == 0 {
		return
	}
	c.add(asm.JNE.Imm(fragment, 0, labelMiss))
	if k.filter.Protocol == fault.AnyProtocol {
		c.add(asm.JEq.Imm(protocol, unix.IPPROTO_TCP, "ports"), asm.JNE.Imm(protocol, unix.IPPROTO_UDP, labelMiss))
		c.land("ports")
	}
	c.load(stackOther, 4)
	c.add(halfAt(asm.R1, stackOther)...)
	c.add(halfAt(asm.R2, stackOther+2)...)
	for _, r := range k.filter.Ports {
		for _, port := range []asm.Register{asm.R1, asm.R2} {
			below := c.label("below")
			c.add(asm.JLT.Imm(port, int32(r.First), below), asm.JLE.Imm(port, int32(r.Last), labelHit))
			c.land(below)
		}
	}
	c.add(asm.Ja.Label(labelMiss))
}

// wants jumps to the miss unless the packet is of the filter's protocol.
func (k classifier) wants(c *code, icmp int32) {
	switch k.filter.Protocol {
	case fault.TCP:
		c.add(asm.JNE.Imm(protocol, unix.IPPROTO_TCP, labelMiss))
	case fault.UDP:
		c.add(asm.JNE.Imm(protocol, unix.IPPROTO_UDP, labelMiss))
	case fault.ICMP:
		c.add(asm.JNE.Imm(protocol, icmp, labelMiss))
	}
}

// networkOrder is a 16-bit number as it looks in a field that the kernel keeps
// in network order.
func networkOrder(n uint16) int32 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], n)
	return int32(binary.NativeEndian.Uint16(b[:]))
}
