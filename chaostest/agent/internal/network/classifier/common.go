package classifier

import "github.com/cilium/ebpf/asm"

// namesNobody reports whether the filter names neither peers nor ports. Then it matches what
// any link has even if nobody uses the service: multicast and broadcast.
func (r Rule) namesNobody() bool { return len(r.Filter.Peers) == 0 && len(r.Filter.Ports) == 0 }

// findCommon notes on the stack whether a frame is for a group: the lowest bit of the first
// byte of its destination says so.
func (r Rule) findCommon(c *code) {
	if !r.namesNobody() {
		return
	}
	c.add(asm.Mov.Imm(asm.R1, 0), storeCommon)
	if !r.Ethernet {
		return
	}
	c.add(asm.Mov.Imm(transport, 0))
	c.load(stackOther, 1)
	c.add(byteAt(asm.R1, stackOther), asm.And.Imm(asm.R1, 1), storeCommon)
}

// findCommonIP does the same for a bare IP packet, by its destination. Groups have addresses
// whose first byte is at least least.
func (r Rule) findCommonIP(c *code, destination, least int32) {
	if !r.namesNobody() || r.Ethernet {
		return
	}
	one := c.label("one")
	c.add(
		byteAt(asm.R1, destination),
		asm.JLT.Imm(asm.R1, least, one),
		asm.Mov.Imm(asm.R1, 1),
		storeCommon,
	)
	c.place(one)
}

var storeCommon = asm.StoreMem(asm.RFP, int16(stackCommon), asm.R1, asm.DWord)
