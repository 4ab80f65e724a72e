package network

import (
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// namespaces holds the network namespaces that have live injections.
type namespaces struct {
	mu      sync.Mutex
	byInode map[uint64]*namespace
}

func newNamespaces() *namespaces { return &namespaces{byInode: map[uint64]*namespace{}} }

// namespace holds what the injections in one network namespace share. It belongs to the
// namespace and not to a target, because containers may share a namespace.
type namespace struct {
	kernel *tc.Namespace
	users  int // guarded by namespaces

	mu      sync.Mutex  // held while the namespace is changed
	before  tc.Snapshot // the state before the first injection
	live    map[string]*injection
	clsacts sharedObjects // by the index of the link
	roots   sharedObjects // by the index of the device
	ifbs    sharedObjects // by the index of the link
	classes map[classKey]bool
	marks   map[uint32]bool
}

type classKey struct {
	device int
	minor  uint16
}

// enter opens the namespace of a process for one injection.
func (all *namespaces) enter(pid int) (*namespace, error) {
	opened, err := tc.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if n := all.byInode[opened.Inode]; n != nil {
		n.users++
		return n, opened.Close()
	}
	n := &namespace{
		kernel: opened, users: 1, live: map[string]*injection{},
		clsacts: sharedObjects{}, roots: sharedObjects{}, ifbs: sharedObjects{},
		classes: map[classKey]bool{}, marks: map[uint32]bool{},
	}
	all.byInode[opened.Inode] = n
	return n, nil
}

// leave gives up the namespace for one injection. The last injection closes it.
func (all *namespaces) leave(n *namespace) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if n.users--; n.users > 0 {
		return nil
	}
	delete(all.byInode, n.kernel.Inode)
	return n.kernel.Close()
}

// clash refuses an injection that clashes with a live one, if a packet could match both.
func (n *namespace) clash(i *injection) error {
	for id, other := range n.live {
		why := i.fault.clash(other.fault)
		if why != "" && other.filter.Overlaps(i.filter) {
			return fmt.Errorf("%s (%s) %s injection %s (%s, %s) on this target: revert that first, or make the filters disjoint",
				i.fault, i.filter, why, id, other.fault, other.filter)
		}
	}
	return nil
}

// sweep removes what a killed agent left in the namespace. It keeps everything that another
// agent still renews.
func (n *namespace) sweep(all []tc.Link) error {
	for _, l := range all {
		if l.Ours || l.Loopback {
			continue
		}
		err := n.kernel.Sweep(l, tc.InUse{
			Filter: n.usesFilter,
			Clsact: n.clsacts[l.Index] != nil, IFB: n.ifbs[l.Index] != nil, Root: n.roots[l.Index] != nil,
		})
		if err != nil {
			return fmt.Errorf("remove what an earlier agent left on %s: %w", l.Name, err)
		}
	}
	return nil
}

// usesFilter reports whether a filter belongs to a live injection of this agent, or has a
// lease that another agent renews.
func (n *namespace) usesFilter(f *tc.Filter) (bool, error) {
	for _, i := range n.live {
		for _, at := range i.interceptions {
			if at.name == f.Name {
				return true, nil
			}
		}
	}
	lapsed, err := classifier.Lapsed(f.Program, injector.Monotonic())
	if err != nil {
		return false, fmt.Errorf("filter %s: %w", f.Name, err)
	}
	return !lapsed, nil
}

// freeMark reserves a mark for a user-space path on ingress.
func (n *namespace) freeMark() (uint32, error) {
	for m := classifier.MarkBase + 1; m <= classifier.MarkBase+classifier.MaxMarks; m++ {
		if !n.marks[m] {
			n.marks[m] = true
			return m, nil
		}
	}
	return 0, errors.New("find a packet mark: all 255 are in use in this namespace: revert some injections first")
}

// freeClass finds a class of the device that is not in use.
func (n *namespace) freeClass(device tc.Link) (uint16, error) {
	for minor := uint16(1); minor <= tc.MaxClasses; minor++ {
		if !n.classes[classKey{device.Index, minor}] {
			return minor, nil
		}
	}
	return 0, fmt.Errorf("find a class on %s: all %d are in use: revert some injections first", device.Name, tc.MaxClasses)
}
