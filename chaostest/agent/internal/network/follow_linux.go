package network

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// lookEvery is how often everything is compared with the kernel if nothing was heard.
const lookEvery = time.Second

// briefly is how long a repair waits for another agent. If that is not enough, the next look
// tries again.
const briefly = 50 * time.Millisecond

// follow looks at the namespace whenever something changes there.
func (n *namespace) follow() {
	defer close(n.followed)
	for n.changes.Wait() == nil {
		n.mu.Lock()
		n.look()
		n.mu.Unlock()
	}
}

// Verify compares the fault with the kernel about once a second. In between, it relies on
// follow, which hears of each change.
func (i *injection) Verify() {
	n := i.namespace
	if !n.mu.TryLock() {
		return // somebody changes the namespace, or looks at it already
	}
	defer n.mu.Unlock()
	switch {
	case time.Since(n.looked) >= lookEvery:
		n.look()
	case i.whole && i.isRunning() && !i.hasDied():
		i.presence.Holds()
	}
}

// look compares all live injections with the kernel, puts back what is missing, and notes
// that. The caller holds n.mu.
func (n *namespace) look() {
	n.hear()
	n.looked = time.Now()
	links, err := n.kernel.Links()
	if err != nil {
		n.looked = time.Time{} // it is not known what is missing: look again soon
		return
	}
	all := map[*injection]*finding{}
	repair := false
	for _, i := range n.live {
		// When the target has ended, its links leave, and there is nothing to put back.
		if i.isRunning() && !i.hasDied() {
			all[i] = i.find(links)
			repair = repair || all[i].anything()
		}
	}
	clear(n.left)
	if repair {
		err = n.lockedOut(briefly, func() error { return n.repair(links, all) })
	}
	for i, f := range all {
		if err != nil && f.anything() {
			f.failed = append(f.failed, err.Error())
		}
		i.conclude(f)
	}
}

// gone reports whether a link has left since the links were listed. The next look says so.
func (n *namespace) gone(link tc.Link) bool {
	there, err := n.kernel.HasLink(link.Index)
	return err == nil && !there
}

// hear notes which links have left.
func (n *namespace) hear() {
	for _, index := range n.changes.Take().Left {
		n.left[index] = true
		n.before.Forget(index)
	}
}

// repair undoes what is broken, for all injections because they share objects, and then puts
// the faults back.
func (n *namespace) repair(links []tc.Link, all map[*injection]*finding) error {
	for i, f := range all {
		for _, at := range f.broken {
			// Without a filter, no packet takes a path that is not whole.
			err := n.kernel.RemoveFilter(at.hook, at.name)
			if err == nil {
				err = i.retire(at)
			}
			if err != nil {
				f.failed = append(f.failed, err.Error())
			}
		}
	}
	if err := n.readOthers(links); err != nil {
		return err
	}
	for i, f := range all {
		for _, hook := range f.bare {
			if err := i.cover(hook); err != nil && !n.gone(hook.Link) {
				f.failed = append(f.failed, err.Error())
			}
		}
	}
	return nil
}

// cover puts the fault on a hook while it is live, after the same checks as in the beginning.
func (i *injection) cover(hook tc.Hook) error {
	if err := i.checkIngress(hook.Link); err != nil {
		return err
	}
	if err := i.checkAhead(hook); err != nil {
		return err
	}
	if err := i.namespace.clash(i, i.filter); err != nil {
		return err
	}
	o, err := i.dataPath.obstacle(i, tryOnce(), []tc.Link{hook.Link})
	if err != nil {
		return err
	}
	if o != nil {
		return fmt.Errorf("%s needs %s, but %s", i.dataPath.name(), o.needs, o.have)
	}
	at, err := i.intercept(hook)
	if err != nil {
		return fmt.Errorf("%w%s", err, alsoFailed(i.retire(at)))
	}
	return nil
}

func alsoFailed(err error) string {
	if err == nil {
		return ""
	}
	return "; " + err.Error()
}

// retire undoes an interception while the fault is live, and keeps its counts. Links may come
// and go many times, so it is not kept itself.
func (i *injection) retire(at *interception) error {
	if err := i.undo(at); err != nil {
		return err
	}
	matched, carried, err := at.counts()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.past.matched, i.past.carried = i.past.matched.Plus(matched), i.past.carried.plus(carried)
	i.interceptions = slices.DeleteFunc(i.interceptions, func(other *interception) bool { return other == at })
	return err
}

// finding is what an injection lacks.
type finding struct {
	broken  []*interception // to be undone
	bare    []tc.Hook       // without the fault
	removed []string        // what somebody else has removed or changed
	moved   []string        // the links that have come or left
	ahead   []string        // what others have put before the fault
	failed  []string        // why something could not be put back
	away    bool            // the target's first process has left the namespace
}

func (f *finding) anything() bool { return len(f.broken)+len(f.bare) > 0 }

// find compares the injection with the kernel.
func (i *injection) find(links []tc.Link) *finding {
	n := i.namespace
	f := &finding{away: i.firstIn && n.without(i.target.PID)}
	covered := map[tc.Direction]map[int]bool{tc.Egress: {}, tc.Ingress: {}}
	for _, at := range i.interceptions {
		if at.over {
			continue
		}
		link := &at.hook.Link
		now := slices.IndexFunc(links, func(l tc.Link) bool { return l.Index == link.Index })
		if now < 0 || n.left[link.Index] {
			f.lost(at, link.Name+" has left")
			continue
		}
		link.Name = links[now].Name // somebody may have renamed it
		err := at.check(n.kernel)
		if err == nil {
			covered[at.hook.Direction][link.Index] = true
			f.meets(n.kernel.Ahead(at.hook, at.name, i.fault.preference()))
			continue
		}
		there, failed := n.kernel.HasLink(link.Index)
		n.hear() // if it is there, it may have left and come back just now
		if failed == nil && !there || n.left[link.Index] {
			f.lost(at, link.Name+" has left")
			continue
		}
		f.broken = append(f.broken, at)
		f.removed = append(f.removed, err.Error())
	}
	for _, hook := range i.hooks(n.chooseLinks(links)) {
		if covered[hook.Direction][hook.Link.Index] || len(f.broken) > 0 && n.gone(hook.Link) {
			continue
		}
		f.bare = append(f.bare, hook)
		// A link whose filter somebody removed has not come.
		if !slices.ContainsFunc(f.broken, func(at *interception) bool { return at.hook.Link.Index == hook.Link.Index && !n.left[hook.Link.Index] }) {
			f.move(hook.Link.Name + " has come, with " + addresses([]tc.Link{hook.Link}))
		}
	}
	return f
}

// meets notes what packets meet before the fault.
func (f *finding) meets(ahead []string, err error) {
	f.ahead = append(f.ahead, ahead...)
	if err != nil {
		f.failed = append(f.failed, err.Error())
	}
}

// lost notes an interception whose link has left.
func (f *finding) lost(at *interception, why string) {
	f.broken = append(f.broken, at)
	f.move(why)
}

func (f *finding) move(what string) {
	if !slices.Contains(f.moved, what) {
		f.moved = append(f.moved, what)
	}
}

// conclude notes whether the fault is in force, and if not, since when and why.
func (i *injection) conclude(f *finding) {
	expected := i.comeAndGo && !f.away && len(f.removed)+len(f.ahead)+len(f.failed) == 0
	var text []string
	if len(f.removed) > 0 {
		text = append(text, strings.Join(f.removed, ", ")+": somebody else has changed that")
	}
	text = append(text, f.moved...)
	if len(f.ahead) > 0 {
		text = append(text, strings.Join(f.ahead, ", ")+" may end the way of packets before they meet the fault: somebody else has added that")
	}
	if len(f.failed) > 0 {
		text = append(text, "the fault cannot be put back: "+strings.Join(f.failed, ", "))
	}
	none := i.attached() == 0
	if none {
		text = append(text, "no link of the target has the fault")
	}
	if f.away {
		text = append(text, "the target's first process has moved to another network namespace, which the fault does not reach")
	}
	if len(text) > 0 {
		i.presence.Lost(strings.Join(text, "; "), expected)
	}
	if i.whole = !none && !f.away && len(f.ahead)+len(f.failed) == 0; i.whole {
		i.presence.Holds()
	}
}
