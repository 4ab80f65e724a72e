package network

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The attributes of netem that the library does not know, from
// include/uapi/linux/pkt_sched.h. Kernels ignore attributes from after their time.
const (
	netemLatency64 = 10 // ns
	netemJitter64  = 11 // ns
	netemSeed      = 14 // from Linux 6.6
)

// netemLimit is how many packets one netem holds at most; those above are lost,
// and counted.
const netemLimit = 1_000_000

// maxNetemJitter is where netem caps the jitter without a word.
const maxNetemJitter = time.Duration(math.MaxInt32)

// netem is what we ask of one and what the kernel reads back of it.
type netem struct {
	delay, jitter time.Duration
	limit         uint32
	// seed is of the jitter; the kernel answers 0 if it takes none.
	seed uint64
}

func (e netem) String() string {
	s := fmt.Sprintf("delay %s", e.delay)
	if e.jitter > 0 {
		s += fmt.Sprintf(" jitter %s", e.jitter)
	}
	s += fmt.Sprintf(" limit %d", e.limit)
	if e.jitter > 0 && e.seed != 0 {
		s += fmt.Sprintf(" seed %d", e.seed)
	}
	return s
}

// addNetem adds a netem under a class. Written by hand because the library
// rounds to ticks, knows no nanoseconds, and no seed.
func (n *namespace) addNetem(device int, parent, handle uint32, e netem) error {
	r := n.request(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(device), Handle: handle, Parent: parent})
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("netem")))
	options := nl.NewRtAttr(nl.TCA_OPTIONS, (&nl.TcNetemQopt{Limit: e.limit}).Serialize())
	options.AddRtAttr(netemLatency64, nl.Uint64Attr(uint64(e.delay)))
	options.AddRtAttr(netemJitter64, nl.Uint64Attr(uint64(e.jitter)))
	options.AddRtAttr(netemSeed, nl.Uint64Attr(e.seed))
	r.AddData(options)
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("add qdisc netem %s to interface %d: %w", netlink.HandleStr(handle), device, err)
	}
	return nil
}

// readNetem asks the kernel what the netem of a class does.
func (n *namespace) readNetem(device int, parent, handle uint32) (netem, error) {
	messages, err := whole(func() ([][]byte, error) {
		r := n.request(unix.RTM_GETQDISC, unix.NLM_F_DUMP)
		r.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(device)})
		return r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWQDISC)
	})
	if err != nil {
		return netem{}, fmt.Errorf("read qdiscs of interface %d: %w", device, err)
	}
	for _, m := range messages {
		head := nl.DeserializeTcMsg(m)
		if int(head.Ifindex) != device || head.Handle != handle || head.Parent != parent {
			continue
		}
		attributes, err := nl.ParseRouteAttr(m[head.Len():])
		if err != nil {
			return netem{}, fmt.Errorf("read qdisc netem %s: %w", netlink.HandleStr(handle), err)
		}
		for _, a := range attributes {
			if a.Attr.Type == nl.TCA_OPTIONS {
				return parseNetem(a.Value)
			}
		}
	}
	return netem{}, fmt.Errorf("read qdisc netem %s of interface %d: it is not there, below class %s", netlink.HandleStr(handle), device, netlink.HandleStr(parent))
}

// parseNetem reads the options of a netem: a struct, then attributes.
func parseNetem(options []byte) (netem, error) {
	if len(options) < nl.SizeofTcNetemQopt {
		return netem{}, fmt.Errorf("read options of netem: %d bytes, expected at least %d", len(options), nl.SizeofTcNetemQopt)
	}
	e := netem{limit: nl.DeserializeTcNetemQopt(options).Limit}
	attributes, err := nl.ParseRouteAttr(options[nl.SizeofTcNetemQopt:])
	if err != nil {
		return netem{}, fmt.Errorf("read options of netem: %w", err)
	}
	for _, a := range attributes {
		if len(a.Value) < 8 {
			continue
		}
		value := binary.NativeEndian.Uint64(a.Value)
		switch a.Attr.Type {
		case netemLatency64:
			e.delay = time.Duration(value)
		case netemJitter64:
			e.jitter = time.Duration(value)
		case netemSeed:
			e.seed = value
		}
	}
	return e, nil
}

// checkNetem compares what the kernel reads back with what was asked. A kernel
// that takes no seed is not wrong: it says none.
func checkNetem(asked, got netem) error {
	if got.seed == 0 {
		asked.seed = 0
	}
	if got != asked {
		return fmt.Errorf("read qdisc netem back: the kernel does %s, asked for %s", got, asked)
	}
	return nil
}
