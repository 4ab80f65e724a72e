package tc

// InUse says which objects of a link a sweep must keep.
type InUse struct {
	// Filter reports whether an agent's filter is in use: by a live injection of this
	// agent, or by another agent that renews its lease.
	Filter func(*Filter) (bool, error)
	// Clsact, IFB and Root say whether injections of this agent use these objects.
	Clsact, IFB, Root bool
}

// Sweep removes what a killed agent left on a link: its filters, and the objects that
// served only them. It keeps everything in use, and everything without an agent's name or
// handle.
func (n *Namespace) Sweep(link Link, use InUse) error {
	used := map[Direction]bool{}
	swept := false
	for _, d := range Directions {
		ours, _, err := n.divide(Hook{link, d})
		if err != nil {
			return err
		}
		for _, f := range ours {
			inUse, err := use.Filter(f)
			if err != nil {
				return err
			}
			if inUse {
				used[d] = true
				continue
			}
			if err := n.deleteFilter(f); err != nil {
				return err
			}
			swept = true
		}
	}
	if swept && !use.Clsact {
		if err := n.RemoveClsact(link); err != nil { // it stays if it has foreign filters
			return err
		}
	}
	if !used[Ingress] && !use.IFB {
		if err := n.RemoveDevice(IFBName(link)); err != nil {
			return err
		}
	}
	if used[Egress] || use.Root {
		return nil
	}
	root, err := n.Root(link)
	if err != nil || !root.ours() {
		return err
	}
	return n.RemoveRoot(link)
}
