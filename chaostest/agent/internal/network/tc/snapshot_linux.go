package tc

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
)

// Snapshot describes the links, qdiscs and filters of a namespace. It leaves out objects of
// agents, which are found by their names.
type Snapshot struct {
	links   map[int]string // the names of links by index
	objects map[Object]string
	// agents holds the links with filters of agents. Their clsact stays. roots holds those
	// with an HTB of agents.
	agents, roots map[int]bool
}

// Forget removes a link that has left the namespace. A link that comes later may have the
// same index, and is another one.
func (s Snapshot) Forget(link int) {
	delete(s.links, link)
	maps.DeleteFunc(s.objects, func(o Object, _ string) bool { return o.Link == link })
}

// Object is one part of a link, or the link itself if part is empty.
type Object struct {
	Link int // the index
	part string
}

// clsactPart is the clsact of a link.
var clsactPart = qdiscPart(netlink.HANDLE_CLSACT)

func qdiscPart(parent uint32) string { return "qdisc at " + netlink.HandleStr(parent) }

// IsClsact reports whether the object is the clsact of a link.
func (o Object) IsClsact() bool { return o.part == clsactPart }

// IsQdisc reports whether the object is a qdisc of a link.
func (o Object) IsQdisc() bool { return strings.HasPrefix(o.part, "qdisc ") }

// String names the object without its link.
func (o Object) String() string {
	if o.part == "" {
		return "interface"
	}
	return o.part
}

// Snapshot reads everything that a fault could change. It leaves out a link's
// name and whether it is up, because no fault changes those.
func (n *Namespace) Snapshot() (Snapshot, error) {
	links, err := whole(n.kernel.LinkList)
	if err != nil {
		return Snapshot{}, fmt.Errorf("list interfaces of network namespace %d: %w", n.Inode, err)
	}
	qdiscs, err := whole(func() ([]netlink.Qdisc, error) { return n.kernel.QdiscList(nil) })
	if err != nil {
		return Snapshot{}, fmt.Errorf("list qdiscs of network namespace %d: %w", n.Inode, err)
	}
	s := Snapshot{links: map[int]string{}, objects: map[Object]string{}, agents: map[int]bool{}, roots: map[int]bool{}}
	for _, l := range links {
		a := l.Attrs()
		if isOurs(a) {
			continue
		}
		s.links[a.Index] = a.Name
		s.objects[Object{Link: a.Index}] = fmt.Sprintf(
			"type %s, MTU %d, queue %d, flags %s, address %s, alias %q, master %d, promiscuity %d, allmulti %d, GSO %d/%d, GRO %d",
			l.Type(), a.MTU, a.TxQLen, a.Flags&^(net.FlagRunning|net.FlagUp), a.HardwareAddr, a.Alias, a.MasterIndex, a.Promisc, a.Allmulti, a.GSOMaxSegs, a.GSOMaxSize, a.GROMaxSize)
		for _, q := range qdiscs {
			if q.Attrs().LinkIndex == a.Index {
				s.roots[a.Index] = s.roots[a.Index] || q.Attrs().Parent == netlink.HANDLE_ROOT && q.Attrs().Handle == netlink.MakeHandle(rootMajor, 0)
				s.objects[Object{a.Index, qdiscPart(q.Attrs().Parent)}] = q.Type() + " " + netlink.HandleStr(q.Attrs().Handle)
			}
		}
		if err := n.addFilters(s, Link{Name: a.Name, Index: a.Index}); err != nil {
			return Snapshot{}, err
		}
	}
	return s, nil
}

// addFilters adds the foreign filters of a link. A clsact that only has filters of agents
// belongs to an agent, and is left out.
func (n *Namespace) addFilters(s Snapshot, link Link) error {
	others := 0
	for _, d := range Directions {
		ours, foreign, err := n.divide(Hook{link, d})
		if err != nil {
			return err
		}
		s.agents[link.Index] = s.agents[link.Index] || len(ours) > 0
		others += len(foreign)
		for _, f := range foreign {
			b := f.Attrs()
			part := fmt.Sprintf("%s filter, preference %d, handle %#x", d, b.Priority, b.Handle)
			s.objects[Object{link.Index, part}] = fmt.Sprintf("%s, protocol %#x", f.Type(), b.Protocol)
		}
	}
	if s.agents[link.Index] && others == 0 {
		delete(s.objects, Object{link.Index, clsactPart})
	}
	return nil
}

// Differences describes the differences between two snapshots, one line for each object. It
// leaves out objects that are still in use, a clsact with filters of agents, and an HTB of
// agents with what it stands in for. It also leaves out links that came or went, because
// faults do not add or remove those.
func Differences(before, now Snapshot, inUse func(Object) bool) []string {
	expected := func(o Object) bool {
		if o.IsClsact() {
			return inUse(o) || now.agents[o.Link] || before.agents[o.Link]
		}
		return inUse(o) || o.IsQdisc() && (before.roots[o.Link] || now.roots[o.Link])
	}
	var all []string
	for o, is := range now.objects {
		was, there := before.objects[o]
		if _, known := before.links[o.Link]; !known || there && was == is || expected(o) {
			continue
		}
		if !there {
			was = "not there"
		}
		all = append(all, fmt.Sprintf("%s of %s was %s, is %s", o, now.links[o.Link], was, is))
	}
	for o, was := range before.objects {
		name, linkThere := now.links[o.Link]
		if _, there := now.objects[o]; linkThere && !there && !expected(o) {
			all = append(all, fmt.Sprintf("%s of %s was %s, is gone", o, name, was))
		}
	}
	slices.Sort(all)
	return all
}
