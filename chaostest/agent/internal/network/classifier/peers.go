package classifier

import (
	"encoding/binary"
	"net/netip"

	"github.com/cilium/ebpf/asm"
)

// matchPeers jumps to labelMiss unless the address on the stack is in one of the prefixes.
// Without prefixes, every address matches.
func matchPeers(c *code, address int32, peers []netip.Prefix) {
	if len(peers) == 0 {
		return
	}
	found := c.label("peer")
	for _, p := range peers {
		next := c.label("next")
		bytes, bits := p.Masked().Addr().AsSlice(), p.Bits()
		for word := 0; word*32 < bits; word++ {
			mask := uint32(0xffffffff)
			if rest := bits - word*32; rest < 32 {
				mask <<= 32 - rest
			}
			c.add(asm.LoadMem(asm.R1, asm.RFP, int16(address)+int16(word*4), asm.Word), asm.HostTo(asm.BE, asm.R1, asm.Word))
			if mask != 0xffffffff {
				c.add(asm.And.Imm32(asm.R1, int32(mask)))
			}
			c.add(asm.JNE.Imm32(asm.R1, int32(binary.BigEndian.Uint32(bytes[word*4:])), next))
		}
		c.add(asm.Ja.Label(found))
		if bits == 0 { // nothing jumps to next, and the verifier refuses dead code
			c.place(found)
			return
		}
		c.place(next)
	}
	c.add(asm.Ja.Label(labelMiss))
	c.place(found)
}

// SplitPeers separates peers by family. An IPv4 address in IPv6 form (::ffff:10.0.0.2) is
// IPv4 on the wire.
func SplitPeers(peers []netip.Prefix) (four, six []netip.Prefix) {
	for _, p := range peers {
		switch a := p.Addr(); {
		case a.Is4():
			four = append(four, p)
		case a.Is4In6() && p.Bits() >= 96:
			four = append(four, netip.PrefixFrom(a.Unmap(), p.Bits()-96))
		default:
			six = append(six, p)
		}
	}
	return four, six
}
