package classifier

import (
	"github.com/cilium/ebpf/asm"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The answers of a program, from include/uapi/linux/pkt_cls.h.
const (
	goOn   = -1 // TC_ACT_UNSPEC: the next filters see the packet
	shot   = 2  // TC_ACT_SHOT
	stolen = 4  // TC_ACT_STOLEN
)

// Outcome is what a program does with packets that match. The functions below return all
// outcomes.
type Outcome struct {
	// Mirror is the index of the device to which an action of the filter sends matching
	// packets. It is 0 if the answer of the program is the action.
	Mirror int

	miss int32            // the answer for a packet that stays untouched
	hit  asm.Instructions // handle a packet that matches while the lease runs, and return
}

func direct(hit ...asm.Instruction) Outcome { return Outcome{miss: goOn, hit: hit} }

// Lose drops packets silently. On egress, TC_ACT_SHOT would let the sender notice, because
// sendmsg returns ENOBUFS. TC_ACT_STOLEN does not.
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

// ToClass gives the packet to a class of the link's HTB. The next filters see the packet.
func ToClass(class uint32) Outcome {
	return direct(priority(class), storePriority, asm.Mov.Imm(asm.R0, goOn), asm.Return())
}

// ToClassOfIFB gives the packet to a class of the HTB on an IFB. The filter's action sends
// the packet to the IFB. bpf_redirect would need no action, but before Linux 6.9 an IFB
// drops packets that come from it.
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
