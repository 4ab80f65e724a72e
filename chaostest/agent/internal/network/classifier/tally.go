package classifier

import "github.com/cilium/ebpf/asm"

// Counters holds the counters of a program, in the layout of its map.
type Counters struct {
	// Packets and Bytes count what matched while the lease ran. Of a super-packet, each
	// segment counts as a packet, and the headers count once.
	Packets, Bytes uint64
	// Lapsed counts packets that matched after the lease.
	Lapsed uint64
	// Common counts those of Packets that any link has without a service: multicast and
	// broadcast, of a rule whose filter names nobody. It is 0 if the filter names peers or
	// ports.
	Common uint64
}

// countersSize is the size of the map.
const countersSize = 32

// Plus adds the counters of another program.
func (a Counters) Plus(b Counters) Counters {
	return Counters{
		Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, Lapsed: a.Lapsed + b.Lapsed, Common: a.Common + b.Common,
	}
}

// resting is set in the deadline before a fault begins and while it is undone. Packets then
// pass without being counted.
const resting uint64 = 1 << 63

// tally compares the deadline of the lease with the clock, and counts the packet. After the
// deadline it jumps to labelMiss.
func (r Rule) tally(c *code, lease, counters int) {
	const now, segments, deadline, count = asm.R7, asm.R8, asm.R1, asm.R2
	counted, running := c.label("counted"), c.label("running")
	c.add(
		asm.FnKtimeGetNs.Call(),
		asm.Mov.Reg(now, asm.R0),
		asm.LoadMem(segments, skb, skbSegments, asm.Word),
		asm.JNE.Imm(segments, 0, counted), // 0 means that this is no super-packet
		asm.Mov.Imm(segments, 1),
	)
	c.place(counted)
	c.add(
		asm.LoadMapValue(count, counters, 0),
		asm.LoadMapValue(deadline, lease, 0),
		asm.LoadMem(deadline, deadline, 0, asm.DWord),
		asm.JSLT.Imm(deadline, 0, labelMiss), // resting is the sign bit
		asm.JLT.Reg(now, deadline, running),
		asm.AddAtomic.Mem(count, segments, asm.DWord, 16),
		asm.Ja.Label(labelMiss),
	)
	c.place(running)
	c.add(
		asm.AddAtomic.Mem(count, segments, asm.DWord, 0),
		asm.LoadMem(asm.R3, skb, skbLen, asm.Word),
		asm.AddAtomic.Mem(count, asm.R3, asm.DWord, 8),
	)
	if r.namesNobody() {
		c.add(
			asm.LoadMem(asm.R3, asm.RFP, int16(stackCommon), asm.DWord),
			asm.Mul.Reg(asm.R3, segments),
			asm.AddAtomic.Mem(count, asm.R3, asm.DWord, 24),
		)
	}
}
