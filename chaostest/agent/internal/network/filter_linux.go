package network

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// prefix begins the name of everything of ours that has a name in the kernel.
const prefix = "chaosgate"

// The preferences of our filters: a packet is lost before it is delayed.
// Several filters may share one.
const (
	blackHolePreference uint16 = 12
	delayPreference     uint16 = 13
)

// hook is the parent of the filters of a direction, on clsact.
func hook(way fault.Direction) uint32 {
	if way == fault.Ingress {
		return netlink.HANDLE_MIN_INGRESS
	}
	return netlink.HANDLE_MIN_EGRESS
}

// filterName names a filter after its injection and direction.
func filterName(id string, way fault.Direction) string { return prefix + ":" + id + ":" + string(way) }

// addFilter hangs a program on a link. Written by hand because the library
// cannot hang actions on a BPF filter.
func (n *namespace) addFilter(link Link, way fault.Direction, preference uint16, name string, p *program, actions []netlink.Action) error {
	r := n.request(unix.RTM_NEWTFILTER, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{
		Family: nl.FAMILY_ALL, Ifindex: int32(link.Index), Parent: hook(way),
		Info: netlink.MakeHandle(preference, nl.Swap16(unix.ETH_P_ALL)),
	})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bpf")))
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	var flags uint32
	if len(actions) == 0 {
		flags = nl.TCA_BPF_FLAG_ACT_DIRECT
	} else if err := netlink.EncodeActions(options.AddRtAttr(nl.TCA_BPF_ACT, nil), actions); err != nil {
		return fmt.Errorf("encode the actions of filter %s: %w", name, err)
	}
	options.AddRtAttr(nl.TCA_BPF_FD, nl.Uint32Attr(uint32(p.FD())))
	options.AddRtAttr(nl.TCA_BPF_NAME, nl.ZeroTerminated(name))
	options.AddRtAttr(nl.TCA_BPF_FLAGS, nl.Uint32Attr(flags))
	r.AddData(options)
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("add filter to %s %s with preference %d: %w", link.Name, way, preference, err)
	}
	return nil
}

// filters lists what hangs on a link in one direction. Without clsact there is
// nothing, which kernels say in different ways.
func (n *namespace) filters(link int, way fault.Direction) ([]netlink.Filter, error) {
	all, err := whole(func() ([]netlink.Filter, error) {
		return n.FilterList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: link}}, hook(way))
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s filters of interface %d: %w", way, link, err)
	}
	return all, nil
}

// findFilter returns our filter of a name, or nil.
func (n *namespace) findFilter(link int, way fault.Direction, name string) (*netlink.BpfFilter, error) {
	all, err := n.filters(link, way)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if b, ok := f.(*netlink.BpfFilter); ok && b.Name == name {
			return b, nil
		}
	}
	return nil, nil
}

// removeFilter takes our filter off; it may be gone already.
func (n *namespace) removeFilter(link Link, way fault.Direction, name string) error {
	f, err := n.findFilter(link.Index, way, name)
	if err != nil || f == nil {
		return err
	}
	if err := n.FilterDel(f); err != nil && !gone(err) {
		return fmt.Errorf("delete filter %s of %s: %w", name, link.Name, err)
	}
	return nil
}

// gone says that what was to be removed is no longer there.
func gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL)
}

// ours says whether a filter was made by an agent, this one or another.
func ours(f netlink.Filter) bool {
	b, ok := f.(*netlink.BpfFilter)
	return ok && strings.HasPrefix(b.Name, prefix+":")
}

// describeFilter says what the kernel reads back of a filter.
func describeFilter(link string, way fault.Direction, f *netlink.BpfFilter) string {
	mode := "with an action"
	if f.DirectAction {
		mode = "direct-action"
	}
	return fmt.Sprintf("%s %s: filter bpf %s, preference %d, %s, program %d, tag %s", link, way, f.Name, f.Priority, mode, f.Id, f.Tag)
}
