package tc

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// NetemClass is a class of a device's HTB with a netem below it. The device is a link, or
// the IFB for the ingress of a link.
type NetemClass struct {
	namespace *Namespace
	device    Link
	minor     uint16
	requested Netem

	mu    sync.Mutex
	last  Counts  // those that were read last
	final *Counts // the last counts, after the class is removed
}

// Counts counts what became of the packets in a netem. Sent counts packets on the wire. In
// Held and Lost, netem counts a super-packet as one.
type Counts struct{ Sent, Held, Lost uint64 }

// NetemClass describes a class of the device with a minor number from 1 to
// MaxClasses. It touches nothing.
func (n *Namespace) NetemClass(device Link, minor uint16, requested Netem) *NetemClass {
	return &NetemClass{namespace: n, device: device, minor: minor, requested: requested}
}

// String prints "class c6a7:1 of eth0".
func (c *NetemClass) String() string {
	return fmt.Sprintf("class %s of %s", netlink.HandleStr(c.ID()), c.device.Name)
}

// ID is the handle of the class. A packet is assigned to the class by it.
func (c *NetemClass) ID() uint32 { return ClassID(c.minor) }

// Add makes the class and its netem. The device must have the HTB of AddRoot.
func (c *NetemClass) Add() error {
	n := c.namespace
	if err := n.kernel.ClassAdd(class(c.device.Index, c.minor)); err != nil {
		return fmt.Errorf("add class htb %s to %s: %w", netlink.HandleStr(c.ID()), c.device.Name, err)
	}
	if err := n.addNetem(c.device, c.ID(), netemHandle(c.minor), c.requested); err != nil {
		return err
	}
	return n.restoreQueue(c.device)
}

// Remove removes the class and keeps its last counts. Packets that it still holds are lost.
// The class may be gone already.
func (c *NetemClass) Remove() error {
	c.keepCounts()
	return c.namespace.RemoveClass(c.device, c.minor)
}

// Counts reads the present counts. After Remove, it returns the final ones. If somebody else
// has removed the netem, they are those that were read last.
func (c *NetemClass) Counts() (Counts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final != nil {
		return *c.final, nil
	}
	now, err := c.read()
	if errors.Is(err, errGone) {
		return c.last, nil
	}
	if err == nil {
		c.last = now
	}
	return now, err
}

var errGone = errors.New("it is gone")

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
	return Counts{}, fmt.Errorf("read qdisc netem %s of %s: %w", netlink.HandleStr(netemHandle(c.minor)), c.device.Name, errGone)
}

func (c *NetemClass) keepCounts() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.final != nil {
		return
	}
	last, err := c.read()
	if err != nil {
		last = c.last // it was never made, or is gone with its device
	}
	c.final = &Counts{Sent: last.Sent, Lost: last.Lost + last.Held}
}

// drainLimit is the longest delay for which a revert waits until all held packets have
// left. netem cannot send them early. Packets of a longer delay are dropped, and counted as
// lost.
const drainLimit = time.Second

// Drain waits until netem holds no packets. It does not wait for a delay that is longer
// than drainLimit.
func (c *NetemClass) Drain() error {
	longest := c.requested.longest()
	if longest > drainLimit {
		return nil
	}
	end := time.Now().Add(longest + drainLimit) // more than the packets need
	for {
		now, err := c.read()
		if err != nil || now.Held == 0 || time.Now().After(end) {
			return nil // Remove counts the remaining packets as lost
		}
		time.Sleep(min(longest/10, 5*time.Millisecond))
	}
}

// Readback describes what it reads back from the kernel, one line for each object. seeded
// says whether netem takes a seed. It is an error if the kernel differs from the request.
func (c *NetemClass) Readback() (lines []string, seeded bool, err error) {
	n := c.namespace
	root, err := n.Root(c.device)
	if err != nil {
		return nil, false, err
	}
	if root.Kind != "htb" || !root.Ours() {
		return nil, false, fmt.Errorf("read the root qdisc of %s back: it is not the HTB that was added", c.device.Name)
	}
	if err := c.checkRate(); err != nil {
		return nil, false, err
	}
	got, err := n.readNetem(c.device, c.ID(), netemHandle(c.minor))
	if err != nil {
		return nil, false, err
	}
	if err := checkNetem(c.requested, got); err != nil {
		return nil, false, err
	}
	return []string{
		fmt.Sprintf("%s: qdisc htb %s root", c.device.Name, netlink.HandleStr(root.handle)),
		fmt.Sprintf("%s: class htb %s, rate 32 Gbit/s", c.device.Name, netlink.HandleStr(c.ID())),
		fmt.Sprintf("%s: qdisc netem %s parent %s %s", c.device.Name, netlink.HandleStr(netemHandle(c.minor)), netlink.HandleStr(c.ID()), got),
	}, got.Seed != 0, nil
}

func (c *NetemClass) checkRate() error {
	classes, err := c.namespace.classes(c.device)
	if err != nil {
		return err
	}
	for _, found := range classes {
		htb, ok := found.(*netlink.HtbClass)
		if !ok || htb.Handle != c.ID() {
			continue
		}
		if htb.Rate != classRate {
			return fmt.Errorf("read %s back: rate %d bytes/s, requested was %d", c, htb.Rate, classRate)
		}
		return nil
	}
	return fmt.Errorf("read %s back: there is no such class", c)
}
