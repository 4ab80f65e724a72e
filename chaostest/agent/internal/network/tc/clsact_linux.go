package tc

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// clsact is the qdisc for filters. It does not shape packets.
func clsact(link int) netlink.Qdisc {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT,
	}}
}

// HasIngressQdisc reports whether a link has an ingress qdisc. clsact cannot be added
// beside it, and it has no egress hook.
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

// AddClsact adds clsact if there is none, and reports whether it has. made may be true even
// if there is an error.
func (n *Namespace) AddClsact(link Link) (made bool, err error) {
	there, err := n.hasQdisc(link.Index, "clsact")
	if err != nil || there {
		return false, err
	}
	if err := n.kernel.QdiscAdd(clsact(link.Index)); err != nil {
		return false, fmt.Errorf("add clsact to %s: %w", link.Name, err)
	}
	return true, n.restoreQueue(link)
}

// RemoveClsact removes a clsact that an agent made. It keeps one that still has filters.
func (n *Namespace) RemoveClsact(link Link) error {
	agents, others, err := n.countFilters(link)
	if err != nil || agents+others > 0 {
		return err
	}
	if err := n.kernel.QdiscDel(clsact(link.Index)); err != nil && !gone(err) {
		return fmt.Errorf("delete clsact of %s: %w", link.Name, err)
	}
	return nil
}

// countFilters counts the filters on a link's clsact: those of any agent, and foreign ones.
func (n *Namespace) countFilters(link Link) (agents, others int, err error) {
	for _, d := range Directions {
		ours, foreign, err := n.divide(Hook{link, d})
		if err != nil {
			return 0, 0, err
		}
		agents, others = agents+len(ours), others+len(foreign)
	}
	return agents, others, nil
}
