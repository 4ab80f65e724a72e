package tc

import (
	"fmt"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// NetemClass is a class of a device's HTB with a netem below it. The device is a
// link, or the IFB that stands in for its ingress.
type NetemClass struct {
	namespace *Namespace
	device    Link
	minor     uint16
	asked     Netem

	mu    sync.Mutex
	final *Counts // once it is removed
}

// Counts is what became of the packets that came to a netem. What left is in wire
// packets; what is held or lost netem counts by the super-packet.
type Counts struct{ Sent, Held, Lost uint64 }

// NetemClass describes a class of the device with a minor number from 1 to
// MaxClasses. It touches nothing.
func (n *Namespace) NetemClass(device Link, minor uint16, asked Netem) *NetemClass {
	return &NetemClass{namespace: n, device: device, minor: minor, asked: asked}
}

// String prints "class c6a7:1 of eth0".
func (c *NetemClass) String() string {
	return fmt.Sprintf("class %s of %s", netlink.HandleStr(c.ID()), c.device.Name)
}

// ID is the class's handle, by which a packet names it.
func (c *NetemClass) ID() uint32 { return ClassID(c.minor) }

// Add makes the class and its netem. The device has our HTB already.
func (c *NetemClass) Add() error {
	n := c.namespace
	if err := n.kernel.ClassAdd(class(c.device.Index, c.minor)); err != nil {
		return fmt.Errorf("add class htb %s to %s: %w", netlink.HandleStr(c.ID()), c.device.Name, err)
	}
	if err := n.addNetem(c.device, c.ID(), netemHandle(c.minor), c.asked); err != nil {
		return err
	}
	return n.restoreQueue(c.device)
}

// Remove removes the class and keeps its last count. What it still holds is lost
// with it. It may be gone already.
func (c *NetemClass) Remove() error {
	c.keepCounts()
	if err := c.namespace.kernel.ClassDel(class(c.device.Index, c.minor)); err != nil && !gone(err) {
		return fmt.Errorf("delete %s: %w", c, err)
	}
	return nil
}

// Counts reads what has come so far; after Remove it is the final count.
func (c *NetemClass) Counts() (Counts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final != nil {
		return *c.final, nil
	}
	return c.read()
}

func (c *NetemClass) read() (Counts, error) {
	all, err := c.namespace.qdiscs(c.device.Index)
	if err != nil {
		return Counts{}, err
	}
	for _, q := range all {
		if s := q.Attrs().Statistics; q.Attrs().Handle == netemHandle(c.minor) && s != nil {
			return Counts{Sent: uint64(s.Basic.Packets), Held: uint64(s.Queue.Qlen), Lost: uint64(s.Queue.Drops)}, nil
		}
	}
	return Counts{}, fmt.Errorf("read qdisc netem %s of %s: it is not there", netlink.HandleStr(netemHandle(c.minor)), c.device.Name)
}

func (c *NetemClass) keepCounts() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final != nil {
		return
	}
	last, err := c.read()
	if err != nil {
		return // never made, or gone with its device
	}
	c.final = &Counts{Sent: last.Sent, Lost: last.Lost + last.Held}
}

// drainLimit is the longest delay whose packets are let out when it is reverted.
// netem cannot send early what it holds, so a revert takes as long as the last
// packet needs; those of a longer delay are dropped, and counted as lost.
const drainLimit = time.Second

// Drain waits until netem holds nothing, as far as that takes no longer than
// drainLimit.
func (c *NetemClass) Drain() error {
	longest := c.asked.longest()
	if longest > drainLimit {
		return nil
	}
	end := time.Now().Add(longest + drainLimit) // more than the packets need
	for {
		now, err := c.read()
		if err != nil || now.Held == 0 || time.Now().After(end) {
			return nil // what is left is counted as lost when the class goes
		}
		time.Sleep(min(longest/10, 5*time.Millisecond))
	}
}

// Readback says, one line a thing, what the kernel reads back, and whether its
// netem takes a seed. It is an error that the kernel does not do what was asked.
func (c *NetemClass) Readback() (lines []string, seeded bool, err error) {
	n := c.namespace
	root, err := n.Root(c.device)
	if err != nil {
		return nil, false, err
	}
	if root.Kind != "htb" || !root.ours() {
		return nil, false, fmt.Errorf("read the root qdisc of %s back: it is not the HTB that was added", c.device.Name)
	}
	if err := c.checkRate(); err != nil {
		return nil, false, err
	}
	got, err := n.readNetem(c.device, c.ID(), netemHandle(c.minor))
	if err != nil {
		return nil, false, err
	}
	if err := checkNetem(c.asked, got); err != nil {
		return nil, false, err
	}
	return []string{
		fmt.Sprintf("%s: qdisc htb %s root", c.device.Name, netlink.HandleStr(root.handle)),
		fmt.Sprintf("%s: class htb %s, rate 32 Gbit/s", c.device.Name, netlink.HandleStr(c.ID())),
		fmt.Sprintf("%s: qdisc netem %s parent %s %s", c.device.Name, netlink.HandleStr(netemHandle(c.minor)), netlink.HandleStr(c.ID()), got),
	}, got.Seed != 0, nil
}

func (c *NetemClass) checkRate() error {
	classes, err := whole(func() ([]netlink.Class, error) {
		return c.namespace.kernel.ClassList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: c.device.Index}}, 0)
	})
	if err != nil {
		return fmt.Errorf("list classes of %s: %w", c.device.Name, err)
	}
	for _, found := range classes {
		htb, ok := found.(*netlink.HtbClass)
		if !ok || htb.Handle != c.ID() {
			continue
		}
		if htb.Rate != classRate {
			return fmt.Errorf("read %s back: rate %d bytes/s, asked for %d", c, htb.Rate, classRate)
		}
		return nil
	}
	return fmt.Errorf("read %s back: it is not there", c)
}
