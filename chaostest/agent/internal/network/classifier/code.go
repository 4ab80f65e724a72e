package classifier

import (
	"fmt"

	"github.com/cilium/ebpf/asm"
)

// code collects instructions, and makes names for the labels that they jump to.
type code struct {
	asm.Instructions
	labels int
}

func (c *code) add(ins ...asm.Instruction) { c.Instructions = append(c.Instructions, ins...) }

// label makes a new label.
func (c *code) label(what string) string {
	c.labels++
	return fmt.Sprintf("%s_%d", what, c.labels)
}

// place puts a label at the present end. The instruction with the label has no effect,
// because no value in R0 is kept across a label.
func (c *code) place(label string) { c.add(asm.Mov.Imm(asm.R0, 0).WithSymbol(label)) }

// load copies size bytes of the packet to the stack, from the offset in the register
// transport. The bytes need not be in the linear part of the packet. A packet that is too
// short matches nothing.
func (c *code) load(to, size int32) {
	c.add(
		asm.Mov.Reg(asm.R1, skb),
		asm.Mov.Reg(asm.R2, transport),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, to),
		asm.Mov.Imm(asm.R4, size),
		asm.FnSkbLoadBytes.Call(),
		asm.JNE.Imm(asm.R0, 0, labelMiss),
	)
}

func byteAt(to asm.Register, stack int32) asm.Instruction {
	return asm.LoadMem(to, asm.RFP, int16(stack), asm.Byte)
}

// halfAt loads two bytes as a number in the host's byte order.
func halfAt(to asm.Register, stack int32) asm.Instructions {
	return asm.Instructions{asm.LoadMem(to, asm.RFP, int16(stack), asm.Half), asm.HostTo(asm.BE, to, asm.Half)}
}
