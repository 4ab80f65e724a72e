package network

import (
	"github.com/cilium/ebpf/asm"
	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// outcome is what a classifier does with packets.
type outcome struct {
	// miss is the answer for a packet that is not to be touched: the filters
	// behind ours, foreign ones and our own, see it.
	miss int32
	// hit runs for a packet that matches while the lease runs, and returns.
	hit asm.Instructions
	// actions hang on the filter and are run for a hit. Without them the answer is
	// itself an action.
	actions []netlink.Action
}

func direct(hit ...asm.Instruction) outcome {
	return outcome{miss: int32(netlink.TC_ACT_UNSPEC), hit: hit}
}

// lose drops in silence. On egress TC_ACT_SHOT would tell the sender: sendmsg
// returns ENOBUFS. TC_ACT_STOLEN does not.
func lose(way fault.Direction) outcome {
	answer := netlink.TC_ACT_STOLEN
	if way == fault.Ingress {
		answer = netlink.TC_ACT_SHOT
	}
	return direct(asm.Mov.Imm(asm.R0, int32(answer)), asm.Return())
}

// toDevice sends the packet out of another device of the namespace.
func toDevice(index int) outcome {
	return direct(asm.Mov.Imm(asm.R1, int32(index)), asm.Mov.Imm(asm.R2, 0), asm.FnRedirect.Call(), asm.Return())
}

// toClass gives the packet to a class of the link's own HTB and lets the
// filters behind ours see it.
func toClass(class uint32) outcome {
	return direct(priority(class), storePriority, asm.Mov.Imm(asm.R0, int32(netlink.TC_ACT_UNSPEC)), asm.Return())
}

// toClassOf gives the packet to a class of the HTB on an IFB, to which the
// filter's action sends it. bpf_redirect would do without the action, but an IFB
// drops what comes from there on kernels before 6.9.
func toClassOf(ifb int, class uint32) outcome {
	const noMatch, match = 0, -1
	return outcome{
		miss:    noMatch,
		hit:     asm.Instructions{priority(class), storePriority, asm.Mov.Imm(asm.R0, match), asm.Return()},
		actions: []netlink.Action{netlink.NewMirredAction(ifb)},
	}
}

func priority(class uint32) asm.Instruction { return asm.LoadImm(asm.R1, int64(class), asm.DWord) }

var storePriority = asm.StoreMem(skb, skbPriority, asm.R1, asm.Word)

// The counters in a program's second map.
type counters struct {
	// Packets on the wire and bytes that matched while the lease ran. The headers
	// of a super-packet count once.
	Packets, Bytes uint64
	// Lapsed counts packets that matched but found the lease run out.
	Lapsed uint64
}

func (a counters) plus(b counters) counters {
	return counters{Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes, Lapsed: a.Lapsed + b.Lapsed}
}

// resting is set in the deadline of a fault that has not begun or is being undone:
// packets pass uncounted.
const resting uint64 = 1 << 63

// tally compares the lease's deadline with the clock and counts the packet. It
// goes on for a packet that was hit; one that came too late misses.
func (k classifier) tally(c *code) {
	const now, segments, deadline, count = asm.R7, asm.R8, asm.R1, asm.R2
	whole := c.label("whole")
	running := c.label("running")
	c.add(
		asm.FnKtimeGetNs.Call(),
		asm.Mov.Reg(now, asm.R0),
		asm.LoadMem(segments, skb, skbSegments, asm.Word),
		asm.JNE.Imm(segments, 0, whole), // 0 means that it is no super-packet
		asm.Mov.Imm(segments, 1),
	)
	c.land(whole)
	c.add(
		asm.LoadMapValue(count, k.count, 0),
		asm.LoadMapValue(deadline, k.lease, 0),
		asm.LoadMem(deadline, deadline, 0, asm.DWord),
		asm.JSLT.Imm(deadline, 0, labelMiss), // resting, the sign
		asm.JLT.Reg(now, deadline, running),
		asm.AddAtomic.Mem(count, segments, asm.DWord, 16),
		asm.Ja.Label(labelMiss),
	)
	c.land(running)
	c.add(
		asm.AddAtomic.Mem(count, segments, asm.DWord, 0),
		asm.LoadMem(asm.R3, skb, skbLen, asm.Word),
		asm.AddAtomic.Mem(count, asm.R3, asm.DWord, 8),
	)
}

// marks are those that the user-space paths of one link set on the packets they
// put back on ingress, and the one of them that is the classifier's own.
type marks struct{ own uint32 }

// markBase is the mark of no path; a path's own is markBase plus its number,
// which is from 1 to markCount.
const (
	markBase  = userspace.Mark &^ markCount
	markCount = 0xff
)

// spare lets pass what a path has put back: it has been classified. A path's
// own classifier takes the mark off, so that nothing behind it sees one.
func (m marks) spare(c *code) {
	fresh := c.label("fresh")
	c.add(
		asm.LoadMem(asm.R1, skb, skbMark, asm.Word),
		asm.Mov.Reg32(asm.R2, asm.R1),
		asm.And.Imm32(asm.R2, -1-markCount),
		asm.Mov.Imm32(asm.R3, asInt32(markBase)),
		asm.JNE.Reg(asm.R2, asm.R3, fresh),
	)
	if m.own != 0 {
		c.add(
			asm.Mov.Imm32(asm.R3, asInt32(m.own)),
			asm.JNE.Reg(asm.R1, asm.R3, labelMiss),
			asm.Mov.Imm(asm.R1, 0),
			asm.StoreMem(skb, skbMark, asm.R1, asm.Word),
		)
	}
	c.add(asm.Ja.Label(labelMiss))
	c.land(fresh)
}

func asInt32(u uint32) int32 { return int32(u) } // keeps the bits
