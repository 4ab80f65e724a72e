package network

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"

// sharedObject is an object in the kernel that several injections use.
type sharedObject struct {
	users int
	made  bool // an agent made it, so the last user removes it
}

// sharedObjects holds shared objects by the index of their link.
type sharedObjects map[int]*sharedObject

func (i *injection) shareClsact(link tc.Link) error {
	kernel := i.namespace.kernel
	return i.share("clsact on "+link.Name, i.namespace.clsacts, link.Index,
		func() (bool, error) { return kernel.AddClsact(link) },
		func() error { return kernel.RemoveClsact(link) })
}

func (i *injection) shareRoot(device tc.Link) error {
	kernel := i.namespace.kernel
	return i.share("HTB root on "+device.Name, i.namespace.roots, device.Index,
		func() (bool, error) { return kernel.AddRoot(device) },
		func() error { return kernel.RemoveRoot(device) })
}

func (i *injection) shareIFB(link tc.Link) error {
	kernel, name := i.namespace.kernel, tc.IFBName(link)
	return i.share("IFB "+name, i.namespace.ifbs, link.Index,
		func() (bool, error) {
			err := kernel.AddIFB(link)
			return err == nil, err
		},
		func() error { return kernel.RemoveDevice(name) })
}

// share makes the injection a user of a shared object. The first user adds the object. The
// undo step gives it up, and the last user removes it.
func (i *injection) share(what string, all sharedObjects, link int, add func() (made bool, err error), remove func() error) error {
	using := false
	err := i.beforeDoing("give up "+what, func() error {
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
