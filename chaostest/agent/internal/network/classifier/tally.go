package classifier

import "github.com/cilium/ebpf/asm"

// Counters is what a program has counted, as its map holds it.
type Counters struct {
	// Packets on the wire and bytes that matched while the lease ran. The segments
	// of a super-packet count one by one, its headers once.
	Packets, Bytes uint64
	// Lapsed counts packets that matched but found the lease run out.
	Lapsed uint64
}

// Plus adds the counters of another program.
func (a Counters) Plus(b Counters) Counters {
	return Counters{Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, Lapsed: a.Lapsed + b.Lapsed}
}

// resting is set in the deadline of a fault that has not begun or is being undone:
// packets pass uncounted.
const resting uint64 = 1 << 63

// tally compares the lease's deadline with the clock and counts the packet. It
// goes on for a packet that is hit; one that comes too late misses.
func tally(c *code, lease, counters int) {
	const now, segments, deadline, count = asm.R7, asm.R8, asm.R1, asm.R2
	counted, running := c.label("counted"), c.label("running")
	c.add(
		asm.FnKtimeGetNs.Call(),
		asm.Mov.Reg(now, asm.R0),
		asm.LoadMem(segments, skb, skbSegments, asm.Word),
		asm.JNE.Imm(segments, 0, counted), // 0 means that it is no super-packet
		asm.Mov.Imm(segments, 1),
	)
	c.place(counted)
	c.add(
		asm.LoadMapValue(count, counters, 0),
		asm.LoadMapValue(deadline, lease, 0),
		asm.LoadMem(deadline, deadline, 0, asm.DWord),
		asm.JSLT.Imm(deadline, 0, labelMiss), // resting, the sign
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
}
