package tc

// InUse says what of a link is still needed, so that a sweep leaves it.
type InUse struct {
	// Filter says whether a filter of ours is: a live injection's, or one whose
	// lease another agent renews.
	Filter func(*Filter) (bool, error)
	// Clsact, IFB and Root are used by injections of this agent.
	Clsact, IFB, Root bool
}

// Sweep removes from a link what an agent that was killed has left: its filters,
// and what served only those. What is in use stays, and so does everything that
// does not have our names and handles.
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
		if err := n.RemoveClsact(link); err != nil { // which foreign filters keep
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
