package userspace

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// backName names the program and the filter that put packets back on the link.
const backName = "chaosgate_back"

// openSocket opens a packet socket that puts frames on a link. It bypasses the link's qdisc
// and its clsact egress hook. It receives nothing, because its protocol is 0.
func openSocket(link netlink.Link) (_ int, err error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("open packet socket: %w", tc.NeedsCapability(err, "CAP_NET_RAW"))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(fd))
		}
	}()
	const sendBuffer = 16 << 20 // bytes of frames that a driver may hold unsent
	for _, option := range []struct {
		name               string
		level, what, value int
	}{
		{"PACKET_VNET_HDR", unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{"PACKET_QDISC_BYPASS", unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1},
		{"SO_SNDBUFFORCE", unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer},
	} {
		if err := unix.SetsockoptInt(fd, option.level, option.what, option.value); err != nil {
			return -1, fmt.Errorf("set %s of packet socket: %w", option.name, tc.NeedsCapability(err, "CAP_NET_ADMIN"))
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: link.Attrs().Index}); err != nil {
		return -1, fmt.Errorf("bind packet socket to %s: %w", link.Attrs().Name, err)
	}
	return fd, nil
}

// redirectToLink attaches a program to the ingress of the TAP. It marks each packet that is
// written to the TAP, and redirects it to the ingress of the link.
func redirectToLink(kernel *netlink.Handle, t *tap, link netlink.Link, mark uint32) error {
	// Before Linux 5.11 programs count as locked memory. Without the capability
	// for it the limit stays, which is usually enough for one small program.
	_ = rlimit.RemoveMemlock()
	const (
		markAt      = 8 // in struct __sk_buff
		intoIngress = 1 // BPF_F_INGRESS
	)
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: backName, Type: ebpf.SchedCLS, License: "Apache-2.0",
		Instructions: asm.Instructions{
			asm.Mov.Imm32(asm.R2, int32(mark)),
			asm.StoreMem(asm.R1, markAt, asm.R2, asm.Word),
			asm.Mov.Imm(asm.R1, int32(link.Attrs().Index)),
			asm.Mov.Imm(asm.R2, intoIngress),
			asm.FnRedirect.Call(),
			asm.Return(),
		},
	})
	if err != nil {
		return fmt.Errorf("load program that puts packets back on %s: %w", link.Attrs().Name, tc.NeedsCapability(err, "CAP_BPF or CAP_SYS_ADMIN"))
	}
	defer func() { _ = program.Close() }() // the filter holds the program now
	qdisc := &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: t.index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}
	if err := kernel.QdiscAdd(qdisc); err != nil {
		return fmt.Errorf("add clsact to TAP %s: %w", t.name, tc.NeedsCapability(err, "CAP_NET_ADMIN"))
	}
	filter := &netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: t.index, Parent: netlink.HANDLE_MIN_INGRESS, Handle: 1, Priority: 1, Protocol: unix.ETH_P_ALL,
		},
		Fd: program.FD(), Name: backName, DirectAction: true,
	}
	if err := kernel.FilterAdd(filter); err != nil {
		return fmt.Errorf("add BPF filter to TAP %s: %w", t.name, tc.NeedsCapability(err, "CAP_NET_ADMIN"))
	}
	return nil
}
