package network

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Our handles. The root's is one that nobody else is likely to take; the netem
// of a class has netemMajor plus the class's minor number for its major.
const (
	rootMajor  uint16 = 0xc6a7
	netemMajor uint16 = 0xc700
	maxClasses uint16 = 0xff
)

// classRate is the rate of our classes in bytes a second, 32 Gbit/s: as much as
// HTB's 32-bit field holds, and no limit to any veth.
const classRate = 4_000_000_000

func classID(minor uint16) uint32     { return netlink.MakeHandle(rootMajor, minor) }
func netemHandle(minor uint16) uint32 { return netlink.MakeHandle(netemMajor+minor, 0) }

// root is the HTB of a device, which our netems share. It has no default class:
// what names none of its classes goes out directly and unshaped.
func root(device int) *netlink.Htb {
	h := netlink.NewHtb(netlink.QdiscAttrs{
		LinkIndex: device, Handle: netlink.MakeHandle(rootMajor, 0), Parent: netlink.HANDLE_ROOT,
	})
	direct := uint32(1000) // packets; else it is the device's queue length, which may be 0
	h.DirectQlen = &direct
	return h
}

func class(device int, minor uint16) *netlink.HtbClass {
	const millisecond = 15_625 // in the kernel's ticks of 64 ns
	return &netlink.HtbClass{
		ClassAttrs: netlink.ClassAttrs{
			LinkIndex: device, Handle: classID(minor), Parent: netlink.MakeHandle(rootMajor, 0),
		},
		Rate: classRate, Ceil: classRate, Buffer: millisecond, Cbuffer: millisecond, Quantum: 200_000,
	}
}

// rootOf is the root qdisc of a device, and whether it is the kernel's default:
// that has no handle, and comes back when another is removed.
func (n *namespace) rootOf(device int) (netlink.Qdisc, bool, error) {
	all, err := n.qdiscs(device)
	if err != nil {
		return nil, false, err
	}
	for _, q := range all {
		if q.Attrs().Parent == netlink.HANDLE_ROOT {
			return q, q.Attrs().Handle == 0, nil
		}
	}
	return nil, true, nil
}

// holdRoot makes sure of our HTB on a device for one more class.
func (i *injection) holdRoot(device Link) error {
	return i.hold("HTB root on "+device.Name, i.roots, device.Index,
		func() (bool, error) {
			if err := i.QdiscAdd(root(device.Index)); err != nil {
				return false, fmt.Errorf("add qdisc htb to %s: %w", device.Name, err)
			}
			return true, i.restoreQueue(device)
		},
		func() error {
			if err := i.QdiscDel(root(device.Index)); err != nil && !gone(err) {
				return fmt.Errorf("delete qdisc htb of %s: %w", device.Name, err)
			}
			return nil
		})
}

// restoreQueue gives a device back its transmit queue length: the kernel sets
// one of 0, which Docker's interfaces have, to 1000 whenever a qdisc comes.
func (n *namespace) restoreQueue(device Link) error {
	link := &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: device.Index}}
	if err := n.LinkSetTxQLen(link, device.queue); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("set the transmit queue length of %s back to %d: %w", device.Name, device.queue, err)
	}
	return nil
}

// holdClass makes a class with a netem leaf on a device.
func (i *injection) holdClass(device Link, asked netem) (*shaped, error) {
	if err := i.holdRoot(device); err != nil {
		return nil, err
	}
	minor, err := i.freeClass(device)
	if err != nil {
		return nil, err
	}
	x := &shaped{namespace: i.namespace, device: device, minor: minor, asked: asked}
	err = i.beforeDoing(fmt.Sprintf("delete class %s of %s", netlink.HandleStr(classID(minor)), device.Name), func() error {
		x.last()
		if err := i.ClassDel(class(device.Index, minor)); err != nil && !gone(err) {
			return fmt.Errorf("delete class %s of %s: %w", netlink.HandleStr(classID(minor)), device.Name, err)
		}
		delete(i.classes, classKey{device.Index, minor})
		return nil
	})
	if err != nil {
		return nil, err
	}
	// A drain takes as long as the delay: others may work in the namespace.
	if err := i.beforeUnlocked("let leave what netem holds on "+device.Name, x.drain); err != nil {
		return nil, err
	}
	i.classes[classKey{device.Index, minor}] = true
	if err := i.ClassAdd(class(device.Index, minor)); err != nil {
		return nil, fmt.Errorf("add class %s to %s: %w", netlink.HandleStr(classID(minor)), device.Name, err)
	}
	if err := i.addNetem(device.Index, classID(minor), netemHandle(minor), asked); err != nil {
		return nil, err
	}
	return x, i.restoreQueue(device)
}

type classKey struct {
	device int
	minor  uint16
}

func (i *injection) freeClass(device Link) (uint16, error) {
	for minor := uint16(1); minor <= maxClasses; minor++ {
		if !i.classes[classKey{device.Index, minor}] {
			return minor, nil
		}
	}
	return 0, fmt.Errorf("find a class on %s: all %d are in use: revert some injections first", device.Name, maxClasses)
}

// drainLimit is the longest delay whose packets are let out when it is reverted.
// netem cannot send early what it holds, so a revert takes as long as the last
// packet needs; those of a longer delay are dropped, and counted as lost.
const drainLimit = time.Second
