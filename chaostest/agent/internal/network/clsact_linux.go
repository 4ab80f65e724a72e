package network

import (
	"fmt"

	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// clsact is the qdisc that filters hang on. It shapes nothing.
func clsact(link int) netlink.Qdisc {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}
}

// qdiscs lists the qdiscs of a link.
func (n *namespace) qdiscs(link int) ([]netlink.Qdisc, error) {
	all, err := whole(func() ([]netlink.Qdisc, error) { return n.QdiscList(nil) })
	if err != nil {
		return nil, fmt.Errorf("list qdiscs of network namespace %d: %w", n.inode, err)
	}
	var its []netlink.Qdisc
	for _, q := range all {
		if q.Attrs().LinkIndex == link {
			its = append(its, q)
		}
	}
	return its, nil
}

// checkHook refuses a link whose ingress is taken by a qdisc that has no egress
// hook and cannot stand beside one that has.
func (n *namespace) checkHook(link Link) error {
	all, err := n.qdiscs(link.Index)
	if err != nil {
		return err
	}
	for _, q := range all {
		if q.Type() == "ingress" {
			return &fault.UnsupportedError{
				What:  "a network fault on " + link.Name,
				Needs: "a clsact qdisc, or room for one",
				Have:  "an ingress qdisc that is not chaosgate's is there",
				Do:    "replace it: tc qdisc del dev " + link.Name + " ingress, then add clsact and its filters to that",
			}
		}
	}
	return nil
}

// holdClsact makes sure of a clsact for one more of our filters.
func (i *injection) holdClsact(link Link) error {
	return i.hold("clsact on "+link.Name, i.clsacts, link.Index,
		func() (bool, error) { return i.addClsact(link) },
		func() error { return i.removeClsact(link.Index) })
}

// addClsact adds clsact if there is none, and says whether an agent made it: this
// one or, where only their filters hang on it, another, which has left its removal
// to us if it leaves first.
func (n *namespace) addClsact(link Link) (bool, error) {
	all, err := n.qdiscs(link.Index)
	if err != nil {
		return false, err
	}
	for _, q := range all {
		if q.Type() == "clsact" {
			agents, others, err := n.hanging(link.Index)
			return agents > 0 && others == 0, err
		}
	}
	if err := n.QdiscAdd(clsact(link.Index)); err != nil {
		return false, fmt.Errorf("add clsact to %s: %w", link.Name, err)
	}
	return true, n.restoreQueue(link)
}

// removeClsact removes a clsact of ours, unless somebody's filters have come to
// hang on it: then it is theirs.
func (n *namespace) removeClsact(link int) error {
	agents, others, err := n.hanging(link)
	if err != nil || agents+others > 0 {
		return err
	}
	if err := n.QdiscDel(clsact(link)); err != nil && !gone(err) {
		return fmt.Errorf("delete clsact of interface %d: %w", link, err)
	}
	return nil
}

// hanging counts the filters on a link's clsact: those of agents, this one or
// another, and those of somebody else.
func (n *namespace) hanging(link int) (agents, others int, err error) {
	for _, way := range ways {
		all, err := n.filters(link, way)
		if err != nil {
			return 0, 0, err
		}
		for _, f := range all {
			if ours(f) {
				agents++
			} else {
				others++
			}
		}
	}
	return agents, others, nil
}
