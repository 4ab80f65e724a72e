package tc

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The handles of agents. rootMajor is unlikely to be taken. The major number of a class's
// netem is netemMajor plus the minor number of the class.
const (
	rootMajor  uint16 = 0xc6a7
	netemMajor uint16 = 0xc700
)

// MaxClasses is how many netems one device can have.
const MaxClasses = 0xff

// classRate is the rate of classes in bytes a second: 32 Gbit/s. It fits HTB's 32-bit
// field, and is faster than any veth.
const classRate = 4_000_000_000

// ClassID is the handle of the class with this minor number.
func ClassID(minor uint16) uint32 { return netlink.MakeHandle(rootMajor, minor) }

func netemHandle(minor uint16) uint32 { return netlink.MakeHandle(netemMajor+minor, 0) }

// htb is the root qdisc of a device. All netems of the device share it. It has no default
// class: packets without a class leave directly and unshaped.
func htb(device int) *netlink.Htb {
	h := netlink.NewHtb(netlink.QdiscAttrs{
		LinkIndex: device, Handle: netlink.MakeHandle(rootMajor, 0), Parent: netlink.HANDLE_ROOT,
	})
	direct := uint32(1000) // packets; the default is the device's queue length, which may be 0
	h.DirectQlen = &direct
	return h
}

func class(device int, minor uint16) *netlink.HtbClass {
	const millisecond = 15_625 // in the kernel's ticks of 64 ns
	return &netlink.HtbClass{
		ClassAttrs: netlink.ClassAttrs{
			LinkIndex: device, Handle: ClassID(minor), Parent: netlink.MakeHandle(rootMajor, 0),
		},
		Rate: classRate, Ceil: classRate, Buffer: millisecond, Cbuffer: millisecond, Quantum: 200_000,
	}
}

// qdiscs lists the qdiscs of a link.
func (n *Namespace) qdiscs(link int) ([]netlink.Qdisc, error) {
	all, err := whole(func() ([]netlink.Qdisc, error) { return n.kernel.QdiscList(nil) })
	if err != nil {
		return nil, fmt.Errorf("list qdiscs of network namespace %d: %w", n.Inode, err)
	}
	var found []netlink.Qdisc
	for _, q := range all {
		if q.Attrs().LinkIndex == link {
			found = append(found, q)
		}
	}
	return found, nil
}

// Root is the root qdisc of a device.
type Root struct {
	Kind string
	// Default is true for the qdisc that the kernel adds by itself. It has no handle, and
	// comes back when another root qdisc is removed.
	Default bool

	handle uint32
}

// Root reads the root qdisc of a device. A device without one counts as having the default.
func (n *Namespace) Root(device Link) (Root, error) {
	all, err := n.qdiscs(device.Index)
	if err != nil {
		return Root{}, err
	}
	for _, q := range all {
		if a := q.Attrs(); a.Parent == netlink.HANDLE_ROOT {
			return Root{Kind: q.Type(), Default: a.Handle == 0, handle: a.Handle}, nil
		}
	}
	return Root{Kind: "none", Default: true}, nil
}

// Ours reports whether it is the HTB of any agent.
func (r Root) Ours() bool { return r.handle == netlink.MakeHandle(rootMajor, 0) }

// AddRoot adds the HTB to a device. If another agent has made it, both use it, and the last
// one removes it. made may be true even if there is an error.
func (n *Namespace) AddRoot(device Link) (made bool, err error) {
	if root, err := n.Root(device); err != nil || root.Ours() {
		return err == nil, err
	}
	if err := n.kernel.QdiscAdd(htb(device.Index)); err != nil {
		return false, fmt.Errorf("add qdisc htb to %s: %w", device.Name, err)
	}
	return true, n.restoreQueue(device)
}

// RemoveRoot removes the HTB. It keeps one that still has classes, which are another
// agent's, and any other qdisc. The HTB may be gone already.
func (n *Namespace) RemoveRoot(device Link) error {
	root, err := n.Root(device)
	if err != nil || !root.Ours() {
		return err
	}
	if classes, err := n.Classes(device); err != nil || len(classes) > 0 {
		return err
	}
	if err := n.kernel.QdiscDel(htb(device.Index)); err != nil && !gone(err) {
		return fmt.Errorf("delete qdisc htb of %s: %w", device.Name, err)
	}
	return nil
}

// Classes returns the minor numbers of the classes of an agent's HTB.
func (n *Namespace) Classes(device Link) (map[uint16]bool, error) {
	all, err := n.classes(device)
	minors := map[uint16]bool{}
	for _, c := range all {
		if major, minor := netlink.MajorMinor(c.Attrs().Handle); major == rootMajor {
			minors[minor] = true
		}
	}
	return minors, err
}

func (n *Namespace) classes(device Link) ([]netlink.Class, error) {
	all, err := whole(func() ([]netlink.Class, error) {
		return n.kernel.ClassList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: device.Index}}, 0)
	})
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
		return nil, nil // the device is gone
	}
	if err != nil {
		return nil, fmt.Errorf("list classes of %s: %w", device.Name, err)
	}
	return all, nil
}

// RemoveClass removes a class with its netem. It may be gone already.
func (n *Namespace) RemoveClass(device Link, minor uint16) error {
	if err := n.kernel.ClassDel(class(device.Index, minor)); err != nil && !gone(err) {
		return fmt.Errorf("delete class %s of %s: %w", netlink.HandleStr(ClassID(minor)), device.Name, err)
	}
	return nil
}

// restoreQueue resets the transmit queue length of a device. Docker's interfaces have a
// length of 0, and the kernel sets that to 1000 whenever a qdisc is added.
func (n *Namespace) restoreQueue(device Link) error {
	link := &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: device.Index}}
	if err := n.kernel.LinkSetTxQLen(link, device.queue); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("set the transmit queue length of %s back to %d: %w", device.Name, device.queue, err)
	}
	return nil
}
