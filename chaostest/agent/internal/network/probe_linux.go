package network

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Capabilities says what this kernel can do: nil, or why not.
type Capabilities struct {
	// BPF: a classifier with maps can be loaded and hung on clsact.
	BPF error
	// Netem: HTB and netem can be added.
	Netem error
	// IFB: what comes in can be sent through an IFB by a BPF filter's mirred action.
	IFB error
	// TUN: a TAP device can be made.
	TUN error
}

var capabilities struct {
	sync.Once
	Capabilities
}

// Probe tries, once for the process, everything in a network namespace that is
// made for it and goes with it. The kernel's answers are told apart by number.
func Probe(ctx context.Context) Capabilities {
	capabilities.Do(func() {
		all := &capabilities.Capabilities
		if err := scratch(func(n *namespace) error {
			i := &injection{shared: &shared{namespace: n}}
			all.BPF = explain(tryBPF(i), "BPF classifiers, from Linux 5.4, and CAP_BPF or CAP_SYS_ADMIN in the host's own user namespace")
			all.Netem = explain(tryNetem(n), "the kernel modules sch_htb and sch_netem")
			all.IFB = explain(tryIFB(i), "the kernel modules ifb and act_mirred")
			all.TUN = explain(tryTUN(n), "the kernel module tun, and the device /dev/net/tun in the agent's container")
			return nil
		}); err != nil {
			capabilities.Capabilities = Capabilities{BPF: err, Netem: err, IFB: err, TUN: err}
		}
	})
	if err := ctx.Err(); err != nil {
		return Capabilities{BPF: err, Netem: err, IFB: err, TUN: err}
	}
	return capabilities.Capabilities
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

const loopback = 1 // the index of lo in every namespace

func tryBPF(i *injection) error {
	var err error
	if i.lease, err = newLease(math.MaxUint64); err != nil {
		return err
	}
	lo := Link{Name: "lo", Index: loopback}
	if _, err := i.addClsact(lo); err != nil {
		return errors.Join(err, i.lease.values.Close())
	}
	return errors.Join(i.tryFilter(lo, lose(fault.Egress)), i.lease.values.Close())
}

// tryFilter hangs a classifier on a link; its lease may be of any length.
func (i *injection) tryFilter(link Link, o outcome) error {
	p, err := load(classifier{way: fault.Egress, outcome: o}, i.lease)
	if err != nil {
		return err
	}
	return errors.Join(i.addFilter(link, fault.Egress, delayPreference, filterName("probe", fault.Egress), p, o.actions), p.Close())
}

func tryNetem(n *namespace) error {
	if err := n.QdiscAdd(root(loopback)); err != nil {
		return fmt.Errorf("add qdisc htb: %w", err)
	}
	if err := n.ClassAdd(class(loopback, 1)); err != nil {
		return fmt.Errorf("add class htb: %w", err)
	}
	if err := n.addNetem(loopback, classID(1), netemHandle(1), netem{delay: fault.MinDelay, limit: netemLimit}); err != nil {
		return fmt.Errorf("add qdisc netem: %w", errors.Unwrap(err))
	}
	return nil
}

func tryIFB(i *injection) error {
	name := ifbName(loopback)
	if err := i.addIFB(name, 1500); err != nil {
		return fmt.Errorf("add IFB: %w", err)
	}
	device, err := i.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find IFB: %w", err)
	}
	var until error
	if i.lease, until = newLease(math.MaxUint64); until != nil {
		return until
	}
	lo := Link{Name: "lo", Index: loopback}
	if _, err := i.addClsact(lo); err != nil {
		return errors.Join(err, i.lease.values.Close())
	}
	return errors.Join(i.tryFilter(lo, toClassOf(device.Attrs().Index, classID(1))), i.lease.values.Close())
}

// tryTUN makes a TAP, on the thread that is in the namespace.
func tryTUN(*namespace) error {
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
