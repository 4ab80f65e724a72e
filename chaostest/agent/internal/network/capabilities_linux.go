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

// capabilities says what the kernel can do. Each field is nil if it can, or else the reason
// why it cannot.
type capabilities struct {
	bpf   error // load a classifier with maps, and attach it to clsact
	netem error // add HTB and netem
	ifb   error // send incoming packets through an IFB, by the mirred action of a BPF filter
	tun   error // make a TAP device
}

// tryOnce tries everything once, because the kernel stays the same while the process runs.
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

// kernelCapabilities finds out what the kernel can do. It tries everything in a temporary
// network namespace, and goes by the numbers of the kernel's errors, never by their texts.
func kernelCapabilities(ctx context.Context) capabilities {
	if err := ctx.Err(); err != nil {
		return capabilities{err, err, err, err}
	}
	return tryOnce()
}

// explain adds what may be needed if the kernel says that something is missing or not
// allowed.
func explain(err error, needs string) error {
	for _, e := range []error{
		unix.ENOENT, unix.ENODEV, unix.ENXIO, unix.EOPNOTSUPP, unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT,
		unix.ENOSYS, unix.EPERM, unix.EACCES, unix.EINVAL,
	} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w (this needs %s)", err, needs)
		}
	}
	return err
}

// tryBPF loads a classifier and attaches it to lo.
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

// tryTUN makes a TAP. The calling thread is in the temporary namespace.
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
