package classifier

import "github.com/cilium/ebpf/asm"

// The mark of a user-space path is MarkBase plus a number from 1 to MaxMarks. MarkBase
// spells "cgi" and a zero byte. No rule of Kubernetes, Docker or policy routing uses these
// values.
const (
	MarkBase uint32 = 0x63676900
	MaxMarks uint32 = 0xff
)

// IsMark reports whether a mark belongs to a user-space path.
func IsMark(mark uint32) bool { return mark > MarkBase && mark <= MarkBase+MaxMarks }

// passMarked lets packets pass that a user-space path has put back, because they have been
// classified already. The rule of that path removes the mark, so that later filters do not
// see it.
func (r Rule) passMarked(c *code) {
	fresh := c.label("fresh")
	c.add(
		asm.LoadMem(asm.R1, skb, skbMark, asm.Word),
		asm.Mov.Reg32(asm.R2, asm.R1),
		asm.And.Imm32(asm.R2, sameBits(^MaxMarks)),
		asm.Mov.Imm32(asm.R3, sameBits(MarkBase)),
		asm.JNE.Reg(asm.R2, asm.R3, fresh),
	)
	if r.Mark != 0 {
		c.add(
			asm.Mov.Imm32(asm.R3, sameBits(r.Mark)),
			asm.JNE.Reg(asm.R1, asm.R3, labelMiss),
			asm.Mov.Imm(asm.R1, 0),
			asm.StoreMem(skb, skbMark, asm.R1, asm.Word),
		)
	}
	c.add(asm.Ja.Label(labelMiss))
	c.place(fresh)
}

func sameBits(u uint32) int32 { return int32(u) }
