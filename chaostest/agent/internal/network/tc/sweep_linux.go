package tc

// InUse says which objects of a link a sweep must keep.
type InUse struct {
	// Filter reports whether an agent's filter is in use: by a live injection of this
	// agent, or by another agent that renews its lease.
	Filter func(*Filter) bool
	// Class reports whether a filter of the direction sends packets to the class.
	Class func(d Direction, minor uint16) bool
	// Clsact, IFB and Root say whether injections of this agent use these objects.
	Clsact, IFB, Root bool
}

// Sweep removes what a killed agent left on a link: its filters, and the objects that
// served only them. It keeps everything in use, and everything without an agent's name or
// handle.
func (n *Namespace) Sweep(link Link, use InUse) error {
	all, err := n.AgentFilters(link)
	if err != nil {
		return err
	}
	used := map[Direction]bool{}
	swept := false
	for _, f := range all {
		if use.Filter(f) {
			used[f.hook.Direction] = true
			continue
		}
		if err := n.deleteFilter(f); err != nil {
			return err
		}
		swept = true
	}
	if swept && !use.Clsact {
		if err := n.RemoveClsact(link); err != nil { // it stays if it has any filter
			return err
		}
	}
	if err := n.sweepClasses(link, use.Root, func(minor uint16) bool { return use.Class(Egress, minor) }); err != nil {
		return err
	}
	if !used[Ingress] && !use.IFB {
		return n.RemoveDevice(IFBName(link))
	}
	if there, err := n.HasDevice(IFBName(link)); err != nil || !there {
		return err
	}
	device, err := n.IFB(link)
	if err != nil {
		return err
	}
	return n.sweepClasses(device, use.IFB, func(minor uint16) bool { return use.Class(Ingress, minor) })
}

// sweepClasses removes the classes of an agent's HTB that are not in use, and then an HTB
// without classes, unless this agent uses it.
func (n *Namespace) sweepClasses(device Link, keepRoot bool, inUse func(minor uint16) bool) error {
	root, err := n.Root(device)
	if err != nil || !root.Ours() {
		return err
	}
	classes, err := n.Classes(device)
	if err != nil {
		return err
	}
	for minor := range classes {
		if inUse(minor) {
			continue
		}
		if err := n.RemoveClass(device, minor); err != nil {
			return err
		}
	}
	if keepRoot {
		return nil
	}
	return n.RemoveRoot(device)
}
