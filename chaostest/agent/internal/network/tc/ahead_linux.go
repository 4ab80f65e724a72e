package tc

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Ahead describes what is not an agent's, meets the packets of a hook before the agent's
// filter, and can keep them from it. A filter that is not there yet is taken to come before
// those with its preference, as the kernel does it.
func (n *Namespace) Ahead(h Hook, name string, preference uint16) (all []string, err error) {
	programs, err := n.tcx(h)
	if err != nil {
		return nil, err
	}
	for _, id := range programs {
		all = append(all, fmt.Sprintf("TCX program %d on %s", id, h))
	}
	listed, err := n.filters(h) // in the order in which packets meet them
	if err != nil {
		return nil, err
	}
	end := slices.IndexFunc(listed, func(f netlink.Filter) bool {
		b, ok := f.(*netlink.BpfFilter)
		return ok && b.Name == name
	})
	if end < 0 {
		end = slices.IndexFunc(listed, func(f netlink.Filter) bool { return f.Attrs().Priority >= preference })
	}
	if end >= 0 {
		listed = listed[:end]
	}
	for _, f := range listed {
		text := fmt.Sprintf("filter %s with preference %d on %s", f.Type(), f.Attrs().Priority, h)
		if !isAgents(f) && canEnd(f) && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all, nil
}

// canEnd reports whether no later filter of the hook sees some packets that match this one.
// The kernel goes on only after an action that says so.
func canEnd(f netlink.Filter) bool {
	if chain := f.Attrs().Chain; chain != nil && *chain != 0 {
		return false // a filter of the first chain leads there
	}
	var actions []netlink.Action
	switch f := f.(type) {
	case *netlink.U32:
		if f.Sel == nil {
			return false // a hash table, which holds filters
		}
		actions = f.Actions
	case *netlink.MatchAll:
		actions = f.Actions
	case *netlink.Flower:
		actions = f.Actions
	case *netlink.FwFilter:
		actions = f.Actions
	}
	for _, a := range actions {
		switch a.Attrs().Action {
		case netlink.TC_ACT_PIPE: // the next action decides
		case netlink.TC_ACT_UNSPEC:
			return false
		default:
			return true
		}
	}
	return true
}

// progQuery is the argument of BPF_PROG_QUERY (bpf(2)).
type progQuery struct {
	link, attach, flags, attachFlags      uint32
	programs                              uint64
	count, _                              uint32
	progFlags, links, linkFlags, revision uint64
}

// tcx lists the programs on a link that the kernel runs before all filters of a hook. Before
// Linux 6.6 there are none. The library's own function for this is in a package whose tests
// would bring four modules into every user's go.sum.
func (n *Namespace) tcx(h Hook) ([]ebpf.ProgramID, error) {
	attach := map[Direction]ebpf.AttachType{Egress: ebpf.AttachTCXEgress, Ingress: ebpf.AttachTCXIngress}[h.Direction]
	programs := make([]ebpf.ProgramID, 64) // the kernel allows no more on a hook
	query := progQuery{
		link: uint32(h.Link.Index), attach: uint32(attach),
		programs: uint64(uintptr(unsafe.Pointer(&programs[0]))), count: uint32(len(programs)),
	}
	err := n.Inside(func() error {
		const progQueryCommand = 16
		_, _, failed := unix.Syscall(unix.SYS_BPF, progQueryCommand, uintptr(unsafe.Pointer(&query)), unsafe.Sizeof(query))
		runtime.KeepAlive(programs)
		if failed != 0 {
			return failed
		}
		return nil
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENODEV) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the TCX programs on %s: %w", h, NeedsCapability(err, "CAP_NET_ADMIN"))
	}
	return programs[:query.count], nil
}
