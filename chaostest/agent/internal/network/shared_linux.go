package network

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"

// sharedObject is an object in the kernel that several injections use.
type sharedObject struct {
	users int
	made  bool // an agent made it, so the last user removes it
}

// sharedObjects holds shared objects by the index of their link.
type sharedObjects map[int]*sharedObject

// shareClsact adds a clsact, or uses one that is there. Only one that an agent made is
// removed by its last user, in whatever agent that is.
func (at *interception) shareClsact(n *namespace) error {
	link := at.hook.Link
	return at.share("clsact on "+link.Name, n.clsacts, link.Index,
		func() (bool, error) {
			made, err := n.kernel.AddClsact(link)
			return made || n.anotherMadeClsact(link), err
		},
		func() error { return n.kernel.RemoveClsact(link) })
}

func (at *interception) shareRoot(n *namespace, device tc.Link) error {
	return at.share("HTB root on "+device.Name, n.roots, device.Index,
		func() (bool, error) { return n.kernel.AddRoot(device) },
		func() error { return n.kernel.RemoveRoot(device) })
}

func (at *interception) shareIFB(n *namespace) error {
	link := at.hook.Link
	return at.share("IFB "+tc.IFBName(link), n.ifbs, link.Index,
		func() (bool, error) {
			err := n.kernel.AddIFB(link)
			return err == nil, err
		},
		func() error { return n.kernel.RemoveIFB(link) })
}

// share makes the interception a user of a shared object. The first user adds the object.
// The undo step gives it up, and the last user removes it.
func (at *interception) share(what string, all sharedObjects, link int, add func() (made bool, err error), remove func() error) error {
	using := false
	err := at.undo.Before("give up "+what, func() error {
		if !using {
			return nil
		}
		o := all[link]
		if o.users == 1 && o.made {
			if err := remove(); err != nil {
				return err
			}
		}
		if o.users--; o.users == 0 {
			delete(all, link)
		}
		using = false
		return nil
	})
	if err != nil {
		return err
	}
	if all[link] == nil {
		made, err := add()
		if err != nil && !made {
			return err
		}
		all[link], using = &sharedObject{made: made, users: 1}, true
		return err
	}
	all[link].users++
	using = true
	return nil
}
