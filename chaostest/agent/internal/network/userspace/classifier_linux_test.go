package userspace_test

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// delayed opens a path on the target's eth0 and redirects packets to it, as the injector's
// classifier does. The path closes at the end of the spec.
func (p *pair) delayed(c userspace.Config) *userspace.Path {
	GinkgoHelper()
	path, err := userspace.Open(p.config(c))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(path.Close)
	p.redirect(c.Direction, path.Index())
	return path
}

// mark is the mark of packets that the path puts back.
const mark = classifier.MarkBase + 1

// config fills in the target's link.
func (p *pair) config(c userspace.Config) userspace.Config {
	GinkgoHelper()
	c.Namespace, c.Link, c.Mark = p.target.open(), "eth0", mark
	kernel := p.target.netlink()
	defer kernel.Close()
	link, err := kernel.LinkByName("eth0")
	Expect(err).NotTo(HaveOccurred())
	c.LinkIndex = link.Attrs().Index
	return c
}

// open opens the namespace once. It closes at the end of the spec, if not before.
func (n *namespace) open() *tc.Namespace {
	GinkgoHelper()
	if n.opened == nil {
		var err error
		n.opened, err = tc.Open(fmt.Sprintf("/proc/%d/ns/net", n.pid))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(n.close)
	}
	return n.opened
}

func (n *namespace) close() error {
	if n.opened == nil {
		return nil
	}
	opened := n.opened
	n.opened = nil
	return opened.Close()
}

func (n *namespace) netlink() *netlink.Handle {
	GinkgoHelper()
	ns, err := netns.GetFromPid(n.pid)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = ns.Close() }()
	kernel, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	Expect(err).NotTo(HaveOccurred())
	return kernel
}

// redirect attaches a classifier to one direction of the target's eth0. It sends every IP
// packet to a device, and lets packets pass that come back.
func (p *pair) redirect(d fault.Direction, device int) {
	GinkgoHelper()
	const protocolAt, markAt = 16, 8 // in struct __sk_buff
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "Apache-2.0",
		Instructions: asm.Instructions{
			asm.LoadMem(asm.R2, asm.R1, markAt, asm.Word),
			asm.JNE.Imm(asm.R2, int32(mark), "foreign"),
			asm.StoreImm(asm.R1, markAt, 0, asm.Word),
			asm.Ja.Label("pass"),
			asm.LoadMem(asm.R2, asm.R1, protocolAt, asm.Word).WithSymbol("foreign"),
			asm.JEq.Imm(asm.R2, int32(nl.Swap16(unix.ETH_P_IP)), "redirect"),
			asm.JNE.Imm(asm.R2, int32(nl.Swap16(unix.ETH_P_IPV6)), "pass"),
			asm.Mov.Imm(asm.R1, int32(device)).WithSymbol("redirect"),
			asm.Mov.Imm(asm.R2, 0),
			asm.FnRedirect.Call(),
			asm.Return(),
			asm.Mov.Imm(asm.R0, 0).WithSymbol("pass"),
			asm.Return(),
		},
	})
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = program.Close() }()
	kernel := p.target.netlink()
	defer kernel.Close()
	link, err := kernel.LinkByName("eth0")
	Expect(err).NotTo(HaveOccurred())
	Expect(kernel.QdiscReplace(&netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}})).To(Succeed())
	Expect(kernel.FilterAdd(&netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: link.Attrs().Index, Parent: hook(d), Handle: 1, Priority: 1, Protocol: unix.ETH_P_ALL,
		},
		Fd: program.FD(), Name: "test", DirectAction: true,
	})).To(Succeed())
}

// pass removes the classifier of one direction.
func (p *pair) pass(d fault.Direction) {
	GinkgoHelper()
	p.target.run("tc", "filter", "delete", "dev", "eth0", string(d))
}

func hook(d fault.Direction) uint32 {
	if d == fault.Ingress {
		return netlink.HANDLE_MIN_INGRESS
	}
	return netlink.HANDLE_MIN_EGRESS
}
