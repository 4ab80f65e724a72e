package tc

import (
	"encoding/binary"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The attributes of netem that the library does not know, from
// include/uapi/linux/pkt_sched.h. Kernels ignore attributes that they do not know.
const (
	netemLatency64 = 10 // ns
	netemJitter64  = 11 // ns
	netemSeed      = 14 // from Linux 6.6
)

// addNetem adds a netem below a class. It builds the request itself, because the library
// rounds times to ticks and knows no seed.
func (n *Namespace) addNetem(device Link, parent, handle uint32, e Netem) error {
	r := n.request(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(device.Index), Handle: handle, Parent: parent})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("netem")))
	r.AddData(e.attributes())
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("add qdisc netem %s to %s: %w", netlink.HandleStr(handle), device.Name, err)
	}
	return nil
}

// attributes encodes a netem: a struct, and then attributes.
func (e Netem) attributes() *nl.RtAttr {
	options := nl.NewRtAttr(nl.TCA_OPTIONS, (&nl.TcNetemQopt{Limit: e.Limit}).Serialize())
	options.AddRtAttr(netemLatency64, nl.Uint64Attr(uint64(e.Delay)))
	options.AddRtAttr(netemJitter64, nl.Uint64Attr(uint64(e.Jitter)))
	options.AddRtAttr(netemSeed, nl.Uint64Attr(e.Seed))
	return options
}

// readNetem reads the netem of a class back from the kernel.
func (n *Namespace) readNetem(device Link, parent, handle uint32) (Netem, error) {
	messages, err := whole(func() ([][]byte, error) {
		r := n.request(unix.RTM_GETQDISC, unix.NLM_F_DUMP)
		r.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(device.Index)})
		return r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWQDISC)
	})
	if err != nil {
		return Netem{}, fmt.Errorf("read qdiscs of %s: %w", device.Name, err)
	}
	for _, m := range messages {
		e, found, err := findNetem(m, nl.TcMsg{Ifindex: int32(device.Index), Parent: parent, Handle: handle})
		if err != nil {
			return Netem{}, fmt.Errorf("read qdisc netem %s of %s: %w", netlink.HandleStr(handle), device.Name, err)
		}
		if found {
			return e, nil
		}
	}
	return Netem{}, fmt.Errorf("read qdisc netem %s of %s: there is none below class %s", netlink.HandleStr(handle), device.Name, netlink.HandleStr(parent))
}

// findNetem reads one message of a dump of qdiscs. It returns the netem in it, if it is the
// wanted one.
func findNetem(message []byte, wanted nl.TcMsg) (_ Netem, found bool, err error) {
	if len(message) < nl.SizeofTcMsg {
		return Netem{}, false, fmt.Errorf("read a qdisc: %d bytes, expected at least %d", len(message), nl.SizeofTcMsg)
	}
	head := nl.DeserializeTcMsg(message)
	if head.Ifindex != wanted.Ifindex || head.Handle != wanted.Handle || head.Parent != wanted.Parent {
		return Netem{}, false, nil
	}
	attributes, err := attributesOf(message[nl.SizeofTcMsg:])
	if err != nil {
		return Netem{}, false, fmt.Errorf("read the attributes of a qdisc: %w", err)
	}
	for _, a := range attributes {
		if a.Attr.Type == nl.TCA_OPTIONS {
			e, err := parseNetem(a.Value)
			return e, err == nil, err
		}
	}
	return Netem{}, false, nil
}

// parseNetem reads what attributes encodes.
func parseNetem(options []byte) (Netem, error) {
	if len(options) < nl.SizeofTcNetemQopt {
		return Netem{}, fmt.Errorf("read options of netem: %d bytes, expected at least %d", len(options), nl.SizeofTcNetemQopt)
	}
	e := Netem{Limit: nl.DeserializeTcNetemQopt(options).Limit}
	attributes, err := attributesOf(options[nl.SizeofTcNetemQopt:])
	if err != nil {
		return Netem{}, fmt.Errorf("read options of netem: %w", err)
	}
	for _, a := range attributes {
		if len(a.Value) < 8 {
			continue
		}
		value := binary.NativeEndian.Uint64(a.Value)
		switch a.Attr.Type {
		case netemLatency64:
			e.Delay = time.Duration(value)
		case netemJitter64:
			e.Jitter = time.Duration(value)
		case netemSeed:
			e.Seed = value
		}
	}
	return e, nil
}

// attributesOf reads netlink attributes. It adds padding after the last one, because the
// library's reader panics without it.
func attributesOf(b []byte) ([]syscall.NetlinkRouteAttr, error) {
	padding := make([]byte, -len(b)&(unix.RTA_ALIGNTO-1))
	return nl.ParseRouteAttr(append(slices.Clip(b), padding...))
}
