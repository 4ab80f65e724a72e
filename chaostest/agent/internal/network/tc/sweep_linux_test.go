package tc

import (
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

// attach attaches a program to a hook, as an injection does. It lets every packet pass.
func attach(n *Namespace, h Hook, injection string) *Filter {
	GinkgoHelper()
	Expect(rlimit.RemoveMemlock()).To(Succeed())
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "Apache-2.0", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, -1), asm.Return()},
	})
	Need(GinkgoTB(), RequireRoot, "BPF programs", err)
	DeferCleanup(program.Close)
	_, err = n.AddClsact(h.Link)
	Expect(err).NotTo(HaveOccurred())
	name := FilterName(injection, h.Direction)
	Expect(n.AddFilter(h, NewFilter{Name: name, Preference: 12, Program: program.FD()})).To(Succeed())
	f, err := n.FindFilter(h, name)
	Expect(err).NotTo(HaveOccurred())
	Expect(f).NotTo(BeNil())
	return f
}

var _ = Describe("a sweep of a link", func() {
	var target *Host
	var n *Namespace
	var eth0 Link
	var before string

	BeforeEach(func() {
		NeedRoot(GinkgoTB())
		target, _ = Connect(GinkgoTB())
		n = open(target)
		eth0 = linkOf(n, "eth0")
		before = target.State()
	})

	unused := func(*Filter) bool { return false }
	noClass := func(Direction, uint16) bool { return false }

	It("removes unused filters, clsact and root", func() {
		Expect(attach(n, Hook{eth0, Egress}, "dead").String()).To(
			MatchRegexp(`^eth0 egress: filter bpf chaosgate:dead:egress, preference 12, direct-action, program \d+, tag [0-9a-f]+$`))
		attach(n, Hook{eth0, Ingress}, "dead")
		made, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		Expect(made).To(BeTrue())
		Expect(target.State()).NotTo(Equal(before))
		Expect(n.Sweep(eth0, InUse{Filter: unused, Class: noClass})).To(Succeed())
		Expect(target.State()).To(Equal(before))
		Expect(n.Sweep(eth0, InUse{Filter: unused, Class: noClass})).To(Succeed(), "there is nothing left to remove")
	})

	It("keeps what is in use", func() {
		attach(n, Hook{eth0, Egress}, "live")
		_, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		live := target.State()
		attach(n, Hook{eth0, Egress}, "dead")
		Expect(n.Sweep(eth0, InUse{Filter: func(f *Filter) bool { return f.Name == "chaosgate:live:egress" }, Class: noClass, Root: true})).To(Succeed())
		Expect(target.State()).To(Equal(live))
	})

	It("removes the classes that only a dead agent used", func() {
		Need(GinkgoTB(), RequireNetem, "netem", netemHere())
		attach(n, Hook{eth0, Egress}, "live")
		_, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		for minor := uint16(1); minor <= 2; minor++ {
			Expect(n.NetemClass(eth0, minor, Netem{Delay: time.Second, Limit: NetemLimit}).Add()).To(Succeed())
		}
		live := InUse{
			Filter: func(*Filter) bool { return true },
			Class:  func(d Direction, minor uint16) bool { return d == Egress && minor == 2 },
		}
		Expect(n.Sweep(eth0, live)).To(Succeed())
		Expect(n.Classes(eth0)).To(Equal(map[uint16]bool{2: true}))
		Expect(n.RemoveRoot(eth0)).To(Succeed())
		Expect(n.Classes(eth0)).To(HaveLen(1), "an HTB with another agent's class stays")
		Expect(n.Sweep(eth0, InUse{Filter: unused, Class: noClass})).To(Succeed())
		Expect(target.State()).To(Equal(before))
	})

	It("keeps foreign filters with their clsact, and foreign qdiscs", func() {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		target.Must("tc", "filter", "add", "dev", "eth0", "egress", "prio", "99", "u32", "match", "u32", "0", "0", "classid", "1:1")
		target.Must("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb")
		foreign := target.State()
		attach(n, Hook{eth0, Egress}, "dead")
		Expect(n.Sweep(eth0, InUse{Filter: unused, Class: noClass})).To(Succeed())
		Expect(target.State()).To(Equal(foreign))
	})
})
