package network

import (
	"errors"
	"fmt"
	"net"
	"sort"
	"strings"

	"github.com/vishvananda/netlink"
)

// snapshot is what a namespace's links, qdiscs and filters are like.
type snapshot map[object]string

// object is one thing of a link, or with no part the link itself.
type object struct {
	link int
	part string
}

// clsactPart is the clsact of a link.
var clsactPart = "qdisc at " + netlink.HandleStr(netlink.HANDLE_CLSACT)

func (o object) String() string {
	if o.part == "" {
		return "interface"
	}
	return o.part
}

// snapshot looks at all that a fault could change. Things that an agent made,
// this one or another, are left out: they are looked for by name.
func (n *namespace) snapshot() (snapshot, error) {
	links, err := whole(n.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces of network namespace %d: %w", n.inode, err)
	}
	qdiscs, err := whole(func() ([]netlink.Qdisc, error) { return n.QdiscList(nil) })
	if err != nil {
		return nil, fmt.Errorf("list qdiscs of network namespace %d: %w", n.inode, err)
	}
	s := snapshot{}
	for _, l := range links {
		a := l.Attrs()
		if isOurs(a) {
			continue
		}
		s[object{link: a.Index}] = fmt.Sprintf(
			"%s, type %s, MTU %d, queue %d, flags %s, address %s, alias %q, master %d, promiscuity %d, allmulti %d, GSO %d/%d, GRO %d",
			a.Name, l.Type(), a.MTU, a.TxQLen, a.Flags&^net.FlagRunning, a.HardwareAddr, a.Alias, a.MasterIndex, a.Promisc, a.Allmulti, a.GSOMaxSegs, a.GSOMaxSize, a.GROMaxSize)
		for _, q := range qdiscs {
			if q.Attrs().LinkIndex == a.Index {
				s[object{a.Index, "qdisc at " + netlink.HandleStr(q.Attrs().Parent)}] = q.Type() + " " + netlink.HandleStr(q.Attrs().Handle)
			}
		}
		agents, others := 0, 0
		for _, way := range ways {
			filters, err := n.filters(a.Index, way)
			if err != nil {
				return nil, err
			}
			for _, f := range filters {
				if ours(f) {
					agents++
					continue
				}
				others++
				b := f.Attrs()
				s[object{a.Index, fmt.Sprintf("%s filter, preference %d, handle %#x", way, b.Priority, b.Handle)}] = fmt.Sprintf("%s, protocol %#x", f.Type(), b.Protocol)
			}
		}
		if agents > 0 && others == 0 {
			delete(s, object{a.Index, clsactPart})
		}
	}
	return s, nil
}

// prove compares the namespace with the state before the first injection. What
// other live injections hold is theirs; links that came or went meanwhile are
// somebody else's doing.
func (i *injection) prove() error {
	after, err := i.snapshot()
	if err != nil {
		return err
	}
	var left []string
	for o, is := range after {
		was, there := i.shared.before[o]
		if _, known := i.shared.before[object{link: o.link}]; !known || was == is || i.othersHold(o) {
			continue
		}
		if there {
			left = append(left, fmt.Sprintf("%s of %s was %s, is %s", o, i.linkName(o.link), was, is))
		} else {
			left = append(left, fmt.Sprintf("%s of %s was not there, is %s", o, i.linkName(o.link), is))
		}
	}
	for o, was := range i.shared.before {
		_, linkThere := after[object{link: o.link}]
		if _, there := after[o]; linkThere && !there && !i.othersHold(o) {
			left = append(left, fmt.Sprintf("%s of %s was %s, is gone", o, i.linkName(o.link), was))
		}
	}
	for _, s := range i.strands {
		name := filterName(i.request.ID, s.way)
		f, err := i.findFilter(s.link.Index, s.way, name)
		if err != nil {
			return err
		}
		if f != nil {
			left = append(left, fmt.Sprintf("filter %s of %s is still there", name, s.link.Name))
		}
		for _, name := range s.devices {
			_, err := i.LinkByName(name)
			shared := i.ifbs[s.link.Index] != nil && name == ifbName(s.link.Index)
			if missing := (netlink.LinkNotFoundError{}); !errors.As(err, &missing) && !shared {
				left = append(left, fmt.Sprintf("device %s is still there", name))
			}
		}
	}
	if len(left) == 0 {
		return nil
	}
	sort.Strings(left)
	errs := make([]error, len(left))
	for n, l := range left {
		errs[n] = errors.New(l)
	}
	return errors.Join(errs...)
}

// othersHold says whether other injections, this agent's or another's, still need
// what differs: a clsact, or an HTB root.
func (i *injection) othersHold(o object) bool {
	if o.part == clsactPart {
		agents, _, err := i.namespace.hanging(o.link)
		return i.clsacts[o.link] != nil || err == nil && agents > 0
	}
	return strings.HasPrefix(o.part, "qdisc ") && i.roots[o.link] != nil
}

func (n *namespace) linkName(index int) string {
	l, err := n.LinkByIndex(index)
	if err != nil {
		return fmt.Sprintf("interface %d", index)
	}
	return l.Attrs().Name
}
