package classifier

import (
	"github.com/cilium/ebpf/asm"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// What a program answers, from include/uapi/linux/pkt_cls.h.
const (
	goOn   = -1 // TC_ACT_UNSPEC: the filters behind this one see the packet
	shot   = 2  // TC_ACT_SHOT
	stolen = 4  // TC_ACT_STOLEN
)

// Outcome is what a program does with the packets that match. The functions that
// return one are all there are.
type Outcome struct {
	// Mirror is the device that the filter sends a match to, by an action that hangs
	// on it; 0 for a program whose answer is itself the action.
	Mirror int

	miss int32            // the answer for a packet that is not to be touched
	hit  asm.Instructions // run for a packet that matches while the lease runs, and return
}

func direct(hit ...asm.Instruction) Outcome { return Outcome{miss: goOn, hit: hit} }

// Lose drops in silence. On egress TC_ACT_SHOT would tell the sender: sendmsg
// returns ENOBUFS. TC_ACT_STOLEN does not.
func Lose(d fault.Direction) Outcome {
	answer := int32(stolen)
	if d == fault.Ingress {
		answer = shot
	}
	return direct(asm.Mov.Imm(asm.R0, answer), asm.Return())
}

// ToDevice sends the packet out of another device of the namespace.
func ToDevice(index int) Outcome {
	return direct(asm.Mov.Imm(asm.R1, int32(index)), asm.Mov.Imm(asm.R2, 0), asm.FnRedirect.Call(), asm.Return())
}

// ToClass gives the packet to a class of the link's own HTB and lets the
// filters behind ours see it.
func ToClass(class uint32) Outcome {
	return direct(priority(class), storePriority, asm.Mov.Imm(asm.R0, goOn), asm.Return())
}

// ToClassOfIFB gives the packet to a class of the HTB on an IFB, to which the
// filter's action sends it. bpf_redirect would do without the action, but an IFB
// drops what comes from there on kernels before 6.9.
func ToClassOfIFB(ifb int, class uint32) Outcome {
	const noMatch, match = 0, -1
	return Outcome{
		Mirror: ifb,
		miss:   noMatch,
		hit:    asm.Instructions{priority(class), storePriority, asm.Mov.Imm(asm.R0, match), asm.Return()},
	}
}

func priority(class uint32) asm.Instruction { return asm.LoadImm(asm.R1, int64(class), asm.DWord) }

var storePriority = asm.StoreMem(skb, skbPriority, asm.R1, asm.Word)
