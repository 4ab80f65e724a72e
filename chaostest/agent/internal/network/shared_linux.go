package network

import (
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// shared is what the injections live in one network namespace share. Containers
// may share a namespace, so it goes by the namespace and not by the target.
type shared struct {
	*namespace
	users int // guarded by the injector

	mu      sync.Mutex // held while the namespace is changed
	before  snapshot   // the state before the first injection
	live    map[string]*injection
	clsacts map[int]*holding // by link
	roots   map[int]*holding // by device
	ifbs    map[int]*holding // by link
	classes map[classKey]bool
	marks   map[uint32]bool
}

// holding is one thing in the kernel that several injections use.
type holding struct {
	users int
	made  bool // by us: then the last user removes it
}

// hold makes sure of a shared thing. The undo gives it up; the last one to give
// it up removes it.
func (i *injection) hold(what string, all map[int]*holding, key int, add func() (made bool, err error), remove func() error) error {
	held := false
	err := i.beforeDoing("give up "+what, func() error {
		if !held {
			return nil
		}
		h := all[key]
		if h.users == 1 && h.made {
			if err := remove(); err != nil {
				return err
			}
		}
		if h.users--; h.users == 0 {
			delete(all, key)
		}
		held = false
		return nil
	})
	if err != nil {
		return err
	}
	if all[key] == nil {
		made, err := add()
		if err != nil && !made {
			return err
		}
		all[key], held = &holding{made: made, users: 1}, true
		return err
	}
	all[key].users++
	held = true
	return nil
}

// Injector does the faults of packets. New makes it.
type Injector struct {
	mu         sync.Mutex
	namespaces map[uint64]*shared // by inode
}

// New makes an injector. It touches nothing.
func New() *Injector { return &Injector{namespaces: map[uint64]*shared{}} }

// enter takes hold of a process's namespace for one injection.
func (r *Injector) enter(pid int) (*shared, error) {
	opened, err := openNamespace(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.namespaces[opened.inode]
	if s != nil {
		s.users++
		return s, opened.close()
	}
	s = &shared{
		namespace: opened, users: 1, live: map[string]*injection{}, clsacts: map[int]*holding{}, roots: map[int]*holding{},
		ifbs: map[int]*holding{}, classes: map[classKey]bool{}, marks: map[uint32]bool{},
	}
	r.namespaces[opened.inode] = s
	return s, nil
}

// leave gives up a namespace; the last one closes it.
func (r *Injector) leave(s *shared) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	delete(r.namespaces, s.inode)
	return s.close()
}

// clash finds a live delay of the namespace that some packet could match, too.
func (s *shared) clash(i *injection) error {
	if i.request.Fault.Kind() != fault.KindDelay {
		return nil
	}
	for id, other := range s.live {
		if other.request.Fault.Kind() == fault.KindDelay && other.request.Filter.Overlaps(i.request.Filter) {
			return fmt.Errorf("%s (%s) would delay the same packets as injection %s (%s, %s) on this target: revert that first, or make the filters disjoint",
				i.request.Fault, i.request.Filter, id, other.request.Fault, other.request.Filter)
		}
	}
	return nil
}

// mark takes a free mark for a user-space path on ingress.
func (s *shared) mark() (uint32, error) {
	for m := markBase + 1; m <= markBase+markCount; m++ {
		if !s.marks[m] {
			s.marks[m] = true
			return m, nil
		}
	}
	return 0, errors.New("find a packet mark: all 255 are in use in this namespace: revert some injections first")
}
