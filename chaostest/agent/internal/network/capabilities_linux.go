package network

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// capabilities says what this kernel can do: nil, or why not.
type capabilities struct {
	bpf   error // a classifier with maps can be loaded and hung on clsact
	netem error // HTB and netem can be added
	ifb   error // what comes in can be sent through an IFB by a BPF filter's mirred action
	tun   error // a TAP device can be made
}

// tryOnce tries for the process: the kernel does not change under it.
var tryOnce = sync.OnceValue(func() (all capabilities) {
	err := tc.Scratch(func(n *tc.Namespace) error {
		all.bpf = explain(tryBPF(n), "BPF classifiers, from Linux 5.4, and CAP_BPF or CAP_SYS_ADMIN in the host's user namespace")
		all.netem = explain(tryNetem(n), "the kernel modules sch_htb and sch_netem")
		all.ifb = explain(tryIFB(n), "the kernel modules ifb and act_mirred")
		all.tun = explain(tryTUN(), "the kernel module tun, and the device /dev/net/tun in the agent's container")
		return nil
	})
	if err != nil {
		return capabilities{err, err, err, err}
	}
	return all
})

// whatKernelCan tries everything in a network namespace that is made for it and
// goes with it. The kernel's answers are told apart by their number, never by their text.
func whatKernelCan(ctx context.Context) capabilities {
	if err := ctx.Err(); err != nil {
		return capabilities{err, err, err, err}
	}
	return tryOnce()
}

// explain says what it may need when the kernel answers that it cannot or must not.
func explain(err error, needs string) error {
	for _, e := range []error{
		unix.ENOENT, unix.ENODEV, unix.ENXIO, unix.EOPNOTSUPP, unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT,
		unix.ENOSYS, unix.EPERM, unix.EACCES, unix.EINVAL,
	} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w (it takes %s)", err, needs)
		}
	}
	return err
}

// tryBPF loads a classifier and hangs it on lo.
func tryBPF(n *tc.Namespace) error {
	return tryFilter(n, classifier.Lose(fault.Egress))
}

func tryNetem(n *tc.Namespace) error {
	if _, err := n.AddRoot(tc.LoopbackLink()); err != nil {
		return err
	}
	return n.NetemClass(tc.LoopbackLink(), 1, tc.Netem{Delay: fault.MinDelay, Limit: tc.NetemLimit}).Add()
}

func tryIFB(n *tc.Namespace) error {
	lo := tc.LoopbackLink()
	lo.MTU = 1500
	if err := n.AddIFB(lo); err != nil {
		return err
	}
	device, err := n.IFB(lo)
	if err != nil {
		return err
	}
	return tryFilter(n, classifier.ToClassOfIFB(device.Index, tc.ClassID(1)))
}

func tryFilter(n *tc.Namespace, o classifier.Outcome) (err error) {
	lease, err := classifier.NewLease(math.MaxInt64)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lease.Close()) }()
	if _, err := n.AddClsact(tc.LoopbackLink()); err != nil {
		return err
	}
	program, err := classifier.Load(classifier.Rule{Direction: fault.Egress, Outcome: o}, lease)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Close()) }()
	return n.AddFilter(tc.Hook{Link: tc.LoopbackLink(), Direction: tc.Egress}, tc.NewFilter{
		Name: tc.FilterName("try", tc.Egress), Preference: holdPreference, Program: program.FD(), Mirror: o.Mirror,
	})
}

// tryTUN makes a TAP, on the thread that is in the namespace.
func tryTUN() error {
	const device = "/dev/net/tun"
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", device, err)
	}
	request, err := unix.NewIfreq("cg%d")
	if err == nil {
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
		if err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			err = fmt.Errorf("make a TAP: %w", err)
		}
	}
	return errors.Join(err, unix.Close(fd))
}
