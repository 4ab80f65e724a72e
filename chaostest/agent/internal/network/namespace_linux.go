package network

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// namespaces holds the network namespaces that have live injections.
type namespaces struct {
	// describe makes the packetFault of a fault, by its kind.
	describe map[fault.Kind]func(fault.Fault) (packetFault, bool)

	mu      sync.Mutex
	byInode map[uint64]*namespace
}

func newNamespaces() *namespaces {
	return &namespaces{byInode: map[uint64]*namespace{}, describe: map[fault.Kind]func(fault.Fault) (packetFault, bool){}}
}

// namespace holds what the injections in one network namespace share. It belongs to the
// namespace and not to a target, because containers may share a namespace.
type namespace struct {
	kernel   *tc.Namespace
	all      *namespaces
	users    int // guarded by namespaces
	changes  *tc.Changes
	followed chan struct{} // closed when nothing is followed any more

	mu      sync.Mutex  // held while the namespace is changed
	before  tc.Snapshot // the state before the first injection
	live    map[string]*injection
	others  []held        // what other agents have, as it was read when the lock was taken
	clsacts sharedObjects // by the index of the link
	roots   sharedObjects // by the index of the device
	ifbs    sharedObjects // by the index of the link
	left    map[int]bool  // the indexes of links that have left since the last look
	looked  time.Time     // when all live injections were last compared with the kernel
}

// enter opens the namespace of a process for one injection, and follows it.
func (all *namespaces) enter(path string) (*namespace, error) {
	opened, err := tc.Open(path)
	if err != nil {
		return nil, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if n := all.byInode[opened.Inode]; n != nil {
		n.users++
		return n, opened.Close()
	}
	changes, err := opened.Changes()
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	n := &namespace{
		kernel: opened, all: all, users: 1, changes: changes, followed: make(chan struct{}), live: map[string]*injection{},
		clsacts: sharedObjects{}, roots: sharedObjects{}, ifbs: sharedObjects{}, left: map[int]bool{},
	}
	all.byInode[opened.Inode] = n
	go n.follow()
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
	err := n.changes.Close()
	<-n.followed
	return errors.Join(err, n.kernel.Close())
}

// locked runs f while neither this agent nor another one changes the namespace.
func (n *namespace) locked(patience time.Duration, f func() error) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lockedOut(patience, f)
}

// lockedOut runs f while no other agent changes the namespace. The caller holds n.mu.
func (n *namespace) lockedOut(patience time.Duration, f func() error) (err error) {
	unlock, err := n.kernel.Lock(patience)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return f()
}

// change runs f with the namespace locked. The links and what other agents have were read
// under the lock.
func (n *namespace) change(patience time.Duration, f func(links []tc.Link) error) error {
	return n.locked(patience, func() error {
		links, err := n.kernel.Links()
		if err != nil {
			return err
		}
		if err := n.readOthers(links); err != nil {
			return err
		}
		return f(links)
	})
}

// lives reports whether the injection may have something in the namespace.
func (n *namespace) lives(i *injection) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.live[i.id] == i
}

// interceptions calls visit for each hook that has something of a live injection.
func (n *namespace) interceptions(visit func(*injection, *interception)) {
	for _, i := range n.live {
		for _, at := range i.interceptions {
			if !at.over {
				visit(i, at)
			}
		}
	}
}

// clash refuses an injection with this filter that clashes with a live one, whichever agent
// has made that, if a packet could match both.
func (n *namespace) clash(i *injection, filter fault.Filter) error {
	const remedy = "revert that first, or make the filters disjoint"
	for id, other := range n.live {
		if why := i.fault.clash(other.fault); other != i && why != "" && other.filter.Overlaps(filter) {
			return fmt.Errorf("%s (%s) %s injection %s (%s, %s) on this target: %s", i.fault, filter, why, id, other.fault, other.filter, remedy)
		}
	}
	for _, other := range n.others {
		if other.resting || other.Filter.Direction != "" && !other.Filter.Overlaps(filter) {
			continue
		}
		if other.fault == nil {
			return fmt.Errorf("%s (%s) may meet the same packets as %s on this target, which another test process of another version holds: %s",
				i.fault, filter, other, remedy)
		}
		if why := i.fault.clash(other.fault); why != "" {
			return fmt.Errorf("%s (%s) %s injection %s (%s, %s) on this target, which another test process holds: %s",
				i.fault, filter, why, other.ID, other.fault, other.Filter, remedy)
		}
	}
	return nil
}
