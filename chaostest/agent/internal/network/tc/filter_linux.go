package tc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// FilterName names a filter after its injection and direction.
func FilterName(injection string, d Direction) string {
	return prefix + ":" + injection + ":" + string(d)
}

// NewFilter describes a filter to add.
type NewFilter struct {
	Name string
	// Preference orders the filters of a hook, lowest first. Filters may share one.
	Preference uint16
	// Program is the file descriptor of a BPF program.
	Program int
	// Mirror is the index of the device to which a mirred action sends the packets that the
	// program matches. If it is 0, the program's answer is the action.
	Mirror int
}

// AddFilter attaches a filter to a hook.
func (n *Namespace) AddFilter(h Hook, f NewFilter) error {
	if err := n.putFilter(h, f, 0, unix.NLM_F_CREATE|unix.NLM_F_EXCL); err != nil {
		return fmt.Errorf("add filter to %s with preference %d: %w", h, f.Preference, err)
	}
	return nil
}

// ReplaceFilter puts another program into a filter. Each packet meets the old program or
// the new one.
func (n *Namespace) ReplaceFilter(old *Filter, f NewFilter) error {
	if err := n.putFilter(old.hook, f, old.listed.Handle, unix.NLM_F_REPLACE); err != nil {
		return fmt.Errorf("replace the program of filter %s of %s: %w", old.Name, old.hook.Link.Name, err)
	}
	return nil
}

// putFilter builds the request itself, because the library cannot add actions to a BPF
// filter.
func (n *Namespace) putFilter(h Hook, f NewFilter, handle uint32, flags int) error {
	r := n.request(unix.RTM_NEWTFILTER, flags|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{
		Family: nl.FAMILY_ALL, Ifindex: int32(h.Link.Index), Parent: h.Direction.parent(), Handle: handle,
		Info: netlink.MakeHandle(f.Preference, nl.Swap16(unix.ETH_P_ALL)),
	})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bpf")))
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	mode := uint32(nl.TCA_BPF_FLAG_ACT_DIRECT)
	if f.Mirror != 0 {
		mode = 0
		action := []netlink.Action{netlink.NewMirredAction(f.Mirror)}
		if err := netlink.EncodeActions(options.AddRtAttr(nl.TCA_BPF_ACT, nil), action); err != nil {
			return fmt.Errorf("encode the action of filter %s: %w", f.Name, err)
		}
	}
	options.AddRtAttr(nl.TCA_BPF_FD, nl.Uint32Attr(uint32(f.Program)))
	options.AddRtAttr(nl.TCA_BPF_NAME, nl.ZeroTerminated(f.Name))
	options.AddRtAttr(nl.TCA_BPF_FLAGS, nl.Uint32Attr(mode))
	r.AddData(options)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// Filter is a filter of an agent, as read back from the kernel.
type Filter struct {
	Name string
	// Program is the kernel's ID of the BPF program.
	Program int

	hook   Hook
	listed *netlink.BpfFilter
}

// Hook is where the filter is attached.
func (f *Filter) Hook() Hook { return f.hook }

// String describes the filter in one line.
func (f *Filter) String() string {
	mode := "with an action"
	if f.listed.DirectAction {
		mode = "direct-action"
	}
	return fmt.Sprintf("%s: filter bpf %s, preference %d, %s, program %d, tag %s", f.hook, f.Name, f.listed.Priority, mode, f.Program, f.listed.Tag)
}

// filters lists the filters on a hook. Without clsact there are none, and kernels report
// that with different errors.
func (n *Namespace) filters(h Hook) ([]netlink.Filter, error) {
	all, err := whole(func() ([]netlink.Filter, error) {
		return n.kernel.FilterList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: h.Link.Index}}, h.Direction.parent())
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s filters of %s: %w", h.Direction, h.Link.Name, err)
	}
	return all, nil
}

// divide lists the filters on a hook: those of any agent, and foreign ones.
func (n *Namespace) divide(h Hook) (ours []*Filter, foreign []netlink.Filter, err error) {
	all, err := n.filters(h)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range all {
		if b, ok := f.(*netlink.BpfFilter); ok && isAgents(b) {
			ours = append(ours, &Filter{Name: b.Name, Program: b.Id, hook: h, listed: b})
		} else {
			foreign = append(foreign, f)
		}
	}
	return ours, foreign, nil
}

// isAgents reports whether the filter is one of any agent.
func isAgents(f netlink.Filter) bool {
	b, ok := f.(*netlink.BpfFilter)
	return ok && strings.HasPrefix(b.Name, prefix+":")
}

// AgentFilters lists the filters of all agents on a link.
func (n *Namespace) AgentFilters(link Link) (all []*Filter, err error) {
	for _, d := range Directions {
		ours, _, err := n.divide(Hook{link, d})
		if err != nil {
			return nil, err
		}
		all = append(all, ours...)
	}
	return all, nil
}

// FindFilter returns the agent's filter with this name, or nil.
func (n *Namespace) FindFilter(h Hook, name string) (*Filter, error) {
	ours, _, err := n.divide(h)
	if err != nil {
		return nil, err
	}
	for _, f := range ours {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, nil
}

// RemoveFilter removes the agent's filter. It may be gone already.
func (n *Namespace) RemoveFilter(h Hook, name string) error {
	f, err := n.FindFilter(h, name)
	if err != nil || f == nil {
		return err
	}
	return n.deleteFilter(f)
}

func (n *Namespace) deleteFilter(f *Filter) error {
	if err := n.kernel.FilterDel(f.listed); err != nil && !gone(err) {
		return fmt.Errorf("delete filter %s of %s: %w", f.Name, f.hook.Link.Name, err)
	}
	return nil
}
