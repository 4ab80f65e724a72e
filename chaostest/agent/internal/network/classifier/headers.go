package classifier

import (
	"net/netip"

	"github.com/cilium/ebpf/asm"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The numbers of protocols and headers on the wire.
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd

	protocolICMP   = 1
	protocolTCP    = 6
	protocolUDP    = 17
	protocolICMPv6 = 58

	headerHopByHop       = 0
	headerRouting        = 43
	headerFragment       = 44
	headerAuthentication = 51
	headerDestination    = 60
	headerMobility       = 135
	headerHIP            = 139
	headerShim6          = 140
)

// maxExtensions bounds the IPv6 extension headers that a program skips. A packet with more
// of them matches nothing. Hosts send none or one.
const maxExtensions = 8

func (r Rule) ipv4(c *code, peers []netip.Prefix) {
	c.add(asm.Mov.Imm(transport, r.linkHeader()))
	c.load(stackIP, 20)
	r.findCommonIP(c, stackIP+16, 224)
	address := stackIP + 16
	if r.Direction == fault.Ingress {
		address = stackIP + 12
	}
	matchPeers(c, address, peers)
	c.add(
		byteAt(asm.R1, stackIP), // version and header length in words
		asm.And.Imm(asm.R1, 0xf),
		asm.LSh.Imm(asm.R1, 2),
		asm.Add.Reg(transport, asm.R1),
		byteAt(protocol, stackIP+9),
	)
	c.add(halfAt(fragment, stackIP+6)...)
	c.add(asm.And.Imm(fragment, 0x1fff))
	r.matchProtocol(c, protocolICMP)
}

func (r Rule) ipv6(c *code, peers []netip.Prefix) {
	c.add(asm.Mov.Imm(transport, r.linkHeader()))
	c.load(stackIP, 40)
	r.findCommonIP(c, stackIP+24, 0xff)
	address := stackIP + 24
	if r.Direction == fault.Ingress {
		address = stackIP + 8
	}
	matchPeers(c, address, peers)
	c.add(
		byteAt(protocol, stackIP+6),
		asm.Add.Imm(transport, 40),
		asm.Mov.Imm(fragment, 0),
	)
	skipExtensions(c)
	passNeighbours(c)
	r.matchProtocol(c, protocolICMPv6)
}

// skipExtensions moves transport and protocol past the extension headers. It also sets
// fragment. In a later fragment it stops, because no more headers follow.
func skipExtensions(c *code) {
	end := c.label("headers_end")
	for range maxExtensions {
		option, auth, part, next := c.label("option"), c.label("auth"), c.label("part"), c.label("header")
		for _, kind := range []int32{
			headerHopByHop, headerRouting, headerDestination,
			headerMobility, headerHIP, headerShim6,
		} {
			c.add(asm.JEq.Imm(protocol, kind, option))
		}
		c.add(
			asm.JEq.Imm(protocol, headerAuthentication, auth),
			asm.JEq.Imm(protocol, headerFragment, part),
			asm.Ja.Label(end),
		)
		c.place(option)
		skipHeader(c, 1, 3) // the length counts units of 8 bytes, without the first
		c.add(asm.Ja.Label(next))
		c.place(auth)
		skipHeader(c, 2, 2) // the length counts units of 4 bytes, without the first two
		c.add(asm.Ja.Label(next))
		c.place(part)
		c.load(stackOther, 8)
		c.add(byteAt(protocol, stackOther), asm.Add.Imm(transport, 8))
		c.add(halfAt(fragment, stackOther+2)...)
		c.add(asm.And.Imm(fragment, 0xfff8), asm.JNE.Imm(fragment, 0, end))
		c.place(next)
	}
	for _, kind := range []int32{headerHopByHop, headerRouting, headerDestination, headerAuthentication, headerFragment} {
		c.add(asm.JEq.Imm(protocol, kind, labelMiss))
	}
	c.place(end)
}

func skipHeader(c *code, first, shift int32) {
	c.load(stackOther, 2)
	c.add(
		byteAt(protocol, stackOther),
		byteAt(asm.R1, stackOther+1),
		asm.Add.Imm(asm.R1, first),
		asm.LSh.Imm(asm.R1, shift),
		asm.Add.Reg(transport, asm.R1),
	)
}

// passNeighbours lets neighbour discovery (ICMPv6 types 133 to 137) pass. Without it,
// addresses would no longer resolve, which would be a different fault.
func passNeighbours(c *code) {
	other := c.label("no_neighbour")
	c.add(asm.JNE.Imm(protocol, protocolICMPv6, other), asm.JNE.Imm(fragment, 0, other))
	c.load(stackOther, 1)
	c.add(byteAt(asm.R1, stackOther), asm.JLT.Imm(asm.R1, 133, other), asm.JLE.Imm(asm.R1, 137, labelMiss))
	c.place(other)
}
