package network

import (
	"fmt"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// carrier is a data path that holds packets back.
type carrier interface {
	carried() (carried, error)
}

// carried is what became of the packets that came to a data path.
type carried struct{ sent, held, lost uint64 }

func (a carried) plus(b carried) carried {
	return carried{sent: a.sent + b.sent, held: a.held + b.held, lost: a.lost + b.lost}
}

// shaped is the netem of one injection on one device: the link, or its IFB.
type shaped struct {
	*namespace
	device Link
	minor  uint16
	asked  netem

	mu    sync.Mutex
	final *carried // once it is removed
}

var _ carrier = (*shaped)(nil)

// carried counts what left in wire packets; what is held or lost netem counts
// by the super-packet.
func (x *shaped) carried() (carried, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.final != nil {
		return *x.final, nil
	}
	return x.read()
}

func (x *shaped) read() (carried, error) {
	all, err := x.qdiscs(x.device.Index)
	if err != nil {
		return carried{}, err
	}
	for _, q := range all {
		if s := q.Attrs().Statistics; q.Attrs().Handle == netemHandle(x.minor) && s != nil {
			return carried{sent: uint64(s.Basic.Packets), held: uint64(s.Queue.Qlen), lost: uint64(s.Queue.Drops)}, nil
		}
	}
	return carried{}, fmt.Errorf("read qdisc netem %s of %s: it is not there", netlink.HandleStr(netemHandle(x.minor)), x.device.Name)
}

// last keeps the count of a netem that is about to be removed. What it still
// holds is lost with it.
func (x *shaped) last() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.final != nil {
		return
	}
	c, err := x.read()
	if err != nil {
		return // never made, or gone with its device
	}
	x.final = &carried{sent: c.sent, lost: c.lost + c.held}
}

// drain waits until netem holds nothing. Its packets have their times: no word
// to netem makes them leave earlier.
func (x *shaped) drain() error {
	longest := x.asked.delay + x.asked.jitter
	if longest > drainLimit {
		return nil
	}
	end := time.Now().Add(longest + drainLimit) // more than they need
	for {
		c, err := x.read()
		if err != nil || c.held == 0 || time.Now().After(end) {
			return nil // what is left is counted as lost when the class goes
		}
		time.Sleep(min(longest/10, 5*time.Millisecond))
	}
}

// readback says what the kernel reads back, and refuses what was not asked for.
func (x *shaped) readback() (lines []string, seeded bool, err error) {
	root, _, err := x.rootOf(x.device.Index)
	if err != nil {
		return nil, false, err
	}
	if root == nil || root.Type() != "htb" || root.Attrs().Handle != netlink.MakeHandle(rootMajor, 0) {
		return nil, false, fmt.Errorf("read the root qdisc of %s back: it is not the HTB that was added", x.device.Name)
	}
	classes, err := whole(func() ([]netlink.Class, error) {
		return x.ClassList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: x.device.Index}}, 0)
	})
	if err != nil {
		return nil, false, fmt.Errorf("list classes of %s: %w", x.device.Name, err)
	}
	for _, c := range classes {
		htb, ok := c.(*netlink.HtbClass)
		if !ok || htb.Handle != classID(x.minor) {
			continue
		}
		if htb.Rate != classRate {
			return nil, false, fmt.Errorf("read class %s of %s back: rate %d bytes/s, asked for %d",
				netlink.HandleStr(htb.Handle), x.device.Name, htb.Rate, classRate)
		}
		got, err := x.readNetem(x.device.Index, htb.Handle, netemHandle(x.minor))
		if err != nil {
			return nil, false, err
		}
		if err := checkNetem(x.asked, got); err != nil {
			return nil, false, err
		}
		return []string{
			fmt.Sprintf("%s: qdisc htb %s root", x.device.Name, netlink.HandleStr(root.Attrs().Handle)),
			fmt.Sprintf("%s: class htb %s, rate 32 Gbit/s", x.device.Name, netlink.HandleStr(htb.Handle)),
			fmt.Sprintf("%s: qdisc netem %s parent %s %s", x.device.Name, netlink.HandleStr(netemHandle(x.minor)), netlink.HandleStr(htb.Handle), got),
		}, got.seed != 0, nil
	}
	return nil, false, fmt.Errorf("read class %s of %s back: it is not there", netlink.HandleStr(classID(x.minor)), x.device.Name)
}
