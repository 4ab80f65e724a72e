package tc

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// clsact is the qdisc that filters hang on. It shapes nothing.
func clsact(link int) netlink.Qdisc {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}
}

// HasIngressQdisc says whether a link's ingress is taken by a qdisc that has no
// egress hook and that clsact cannot stand beside.
func (n *Namespace) HasIngressQdisc(link Link) (bool, error) {
	return n.hasQdisc(link.Index, "ingress")
}

func (n *Namespace) hasQdisc(link int, kind string) (bool, error) {
	all, err := n.qdiscs(link)
	for _, q := range all {
		if q.Type() == kind {
			return true, err
		}
	}
	return false, err
}

// AddClsact adds clsact if there is none, and says whether an agent made it: this
// one or, where only agents' filters hang on it, another, which has left its
// removal to us if it leaves first. It may be made and yet return an error.
func (n *Namespace) AddClsact(link Link) (made bool, err error) {
	there, err := n.hasQdisc(link.Index, "clsact")
	if err != nil {
		return false, err
	}
	if there {
		agents, others, err := n.hanging(link)
		return agents > 0 && others == 0, err
	}
	if err := n.kernel.QdiscAdd(clsact(link.Index)); err != nil {
		return false, fmt.Errorf("add clsact to %s: %w", link.Name, err)
	}
	return true, n.restoreQueue(link)
}

// RemoveClsact removes a clsact of ours, unless somebody's filters have come to
// hang on it: then it is theirs.
func (n *Namespace) RemoveClsact(link Link) error {
	agents, others, err := n.hanging(link)
	if err != nil || agents+others > 0 {
		return err
	}
	if err := n.kernel.QdiscDel(clsact(link.Index)); err != nil && !gone(err) {
		return fmt.Errorf("delete clsact of %s: %w", link.Name, err)
	}
	return nil
}

// hanging counts the filters on a link's clsact: those of agents, this one or
// another, and those of somebody else.
func (n *Namespace) hanging(link Link) (agents, others int, err error) {
	for _, d := range Directions {
		ours, foreign, err := n.divide(Hook{link, d})
		if err != nil {
			return 0, 0, err
		}
		agents, others = agents+len(ours), others+len(foreign)
	}
	return agents, others, nil
}
