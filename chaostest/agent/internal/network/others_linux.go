package network

import (
	"encoding/json"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// about is what a classifier says about itself to other agents.
type about struct {
	ID     string          `json:"id"` // of the injection
	Fault  json.RawMessage `json:"fault"`
	Filter fault.Filter    `json:"filter"`
	Mark   uint32          `json:"mark,omitempty"`
	Class  uint16          `json:"class,omitempty"`
	// Clsact says that an agent made the clsact of the link.
	Clsact bool `json:"clsact,omitempty"`
}

func (i *injection) about(at *interception, filter fault.Filter) ([]byte, error) {
	encoded, err := fault.Marshal(i.fault)
	if err != nil {
		return nil, err
	}
	made := i.namespace.clsacts[at.hook.Link.Index].made
	return json.Marshal(about{ID: i.id, Fault: encoded, Filter: filter, Mark: at.mark, Class: at.class, Clsact: made})
}

// held is a filter that another agent holds.
type held struct {
	about
	fault     packetFault // nil if this agent does not know the fault
	name      string      // of the filter
	link      int
	direction tc.Direction
	resting   bool // it touches no packets
}

func (h held) String() string { return "filter " + h.name }

// readOthers reads which filters in the namespace other agents hold.
func (n *namespace) readOthers(links []tc.Link) error {
	mine := map[string]bool{}
	n.interceptions(func(_ *injection, at *interception) { mine[at.name] = true })
	n.others = nil
	for _, l := range links {
		if l.Ours || l.Loopback {
			continue
		}
		all, err := n.kernel.AgentFilters(l)
		if err != nil {
			return err
		}
		for _, f := range all {
			if mine[f.Name] {
				continue
			}
			if err := n.readOther(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *namespace) readOther(f *tc.Filter) error {
	standing, err := classifier.Inspect(f.Program, injector.Monotonic())
	if err != nil {
		return fmt.Errorf("filter %s: %w", f.Name, err)
	}
	if standing.Lapsed {
		return nil
	}
	hook := f.Hook()
	h := held{name: f.Name, link: hook.Link.Index, direction: hook.Direction, resting: standing.Resting}
	// What cannot be understood is of another version. It stays without a fault, and clashes
	// with everything.
	if json.Unmarshal(standing.About, &h.about) == nil {
		if decoded, err := fault.Unmarshal(h.Fault); err == nil {
			if describe := n.all.describe[decoded.Kind()]; describe != nil {
				h.fault, _ = describe(decoded)
			}
		}
	}
	n.others = append(n.others, h)
	return nil
}

// anotherMadeClsact reports whether another agent that is still there made the clsact.
func (n *namespace) anotherMadeClsact(link tc.Link) bool {
	for _, h := range n.others {
		if h.link == link.Index && h.Clsact {
			return true
		}
	}
	return false
}

// sweep removes what a killed agent left in the namespace. It keeps everything that this
// agent uses, and what another agent still renews.
func (n *namespace) sweep(all []tc.Link) error {
	used := map[string]bool{}
	n.interceptions(func(_ *injection, at *interception) { used[at.name] = true })
	for _, h := range n.others {
		used[h.name] = true
	}
	for _, l := range all {
		if l.Ours || l.Loopback {
			continue
		}
		err := n.kernel.Sweep(l, tc.InUse{
			Filter: func(f *tc.Filter) bool { return used[f.Name] },
			Class:  func(d tc.Direction, minor uint16) bool { return n.usesClass(tc.Hook{Link: l, Direction: d}, minor) },
			Clsact: n.clsacts[l.Index] != nil, IFB: n.ifbs[l.Index] != nil, Root: n.roots[l.Index] != nil,
		})
		if err != nil {
			return fmt.Errorf("remove what an earlier agent left on %s: %w", l.Name, err)
		}
	}
	return nil
}

// usesClass reports whether any agent's filter on the hook gives packets to the class.
func (n *namespace) usesClass(hook tc.Hook, minor uint16) (used bool) {
	n.interceptions(func(_ *injection, at *interception) {
		used = used || at.class == minor && at.hook.Link.Index == hook.Link.Index && at.hook.Direction == hook.Direction
	})
	for _, h := range n.others {
		used = used || h.Class == minor && h.link == hook.Link.Index && h.direction == hook.Direction
	}
	return used
}

// usesIFB reports whether any agent uses the IFB of a link.
func (n *namespace) usesIFB(link tc.Link) bool {
	if n.ifbs[link.Index] != nil {
		return true
	}
	for _, h := range n.others {
		if h.link == link.Index && h.direction == tc.Ingress && h.Class != 0 {
			return true
		}
	}
	return false
}

// freeMark finds a mark for a user-space path on ingress that no agent uses.
func (n *namespace) freeMark() (uint32, error) {
	used := map[uint32]bool{}
	n.interceptions(func(_ *injection, at *interception) { used[at.mark] = true })
	for _, h := range n.others {
		used[h.Mark] = true
	}
	for m := classifier.MarkBase + 1; m <= classifier.MarkBase+classifier.MaxMarks; m++ {
		if !used[m] {
			return m, nil
		}
	}
	return 0, fmt.Errorf("find a packet mark: all %d are in use in this namespace: revert some injections first", classifier.MaxMarks)
}

// freeClass finds a class of the device that no agent uses.
func (n *namespace) freeClass(device tc.Link) (uint16, error) {
	used, err := n.kernel.Classes(device)
	if err != nil {
		return 0, err
	}
	for minor := uint16(1); minor <= tc.MaxClasses; minor++ {
		if !used[minor] {
			return minor, nil
		}
	}
	return 0, fmt.Errorf("find a class on %s: all %d are in use: revert some injections first", device.Name, tc.MaxClasses)
}
