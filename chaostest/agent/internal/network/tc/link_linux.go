package tc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
)

// prefix begins the names of all objects that agents make in the kernel.
const prefix = "chaosgate"

// Link is a network interface of a namespace.
type Link struct {
	Name     string
	Index    int
	MTU      int
	Up       bool
	Loopback bool
	// Ethernet says that frames have a header of 14 bytes. Other links carry bare IP packets.
	Ethernet bool
	// Ours says that an agent made the link.
	Ours bool
	// Kind is the kernel's name of the kind of link, such as "veth" or "bridge".
	Kind string
	// Master is the index of the bridge that the link is a port of, or 0.
	Master int
	// Elsewhere is what this namespace calls the one that the other end of the link is in. It
	// is -1 if the link has no other end in another namespace. See IDOf.
	Elsewhere int
	// Prefixes lists the addresses of the interface with the lengths of their networks.
	Prefixes []netip.Prefix

	queue int // the length of the transmit queue
}

// LoopbackLink is lo, whose index is 1 in every namespace.
func LoopbackLink() Link { return Link{Name: "lo", Index: 1, Loopback: true} }

// Links lists the interfaces of the namespace with their addresses.
func (n *Namespace) Links() ([]Link, error) {
	all, err := whole(n.kernel.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces of network namespace %d: %w", n.Inode, err)
	}
	addresses, err := whole(func() ([]netlink.Addr, error) { return n.kernel.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list addresses of network namespace %d: %w", n.Inode, err)
	}
	var links []Link
	for _, l := range all {
		a := l.Attrs()
		link := Link{
			Name: a.Name, Index: a.Index, MTU: a.MTU, Ours: isOurs(a), queue: a.TxQLen,
			Kind: l.Type(), Master: a.MasterIndex, Elsewhere: a.NetNsID,
			Up: a.Flags&net.FlagUp != 0, Loopback: a.Flags&net.FlagLoopback != 0, Ethernet: a.EncapType == "ether",
		}
		for _, address := range addresses {
			if address.LinkIndex != a.Index {
				continue
			}
			if ip, ok := netip.AddrFromSlice(address.IP); ok {
				ones, _ := address.Mask.Size()
				link.Prefixes = append(link.Prefixes, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
		links = append(links, link)
	}
	return links, nil
}

// IDOf returns what this namespace calls the one at a path such as /proc/1/ns/net. It is -1
// if no link leads there.
func (n *Namespace) IDOf(path string) (_ int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	id, err := n.kernel.GetNetNsIdByFd(int(file.Fd()))
	if err != nil {
		return 0, fmt.Errorf("find what network namespace %d calls that of %s: %w", n.Inode, path, err)
	}
	return id, nil
}

// LeadsOut reports whether the namespace has a link whose other end is in none of these
// namespaces.
func (n *Namespace) LeadsOut(others []*Namespace) (bool, error) {
	near := map[int]bool{-1: true} // what has no other end in another namespace has -1
	for _, other := range others {
		if other.Inode == n.Inode {
			continue
		}
		id, err := n.kernel.GetNetNsIdByFd(int(other.file.Fd()))
		if err != nil {
			return false, fmt.Errorf("find what network namespace %d calls %d: %w", n.Inode, other.Inode, err)
		}
		near[id] = true
	}
	all, err := whole(n.kernel.LinkList)
	if err != nil {
		return false, fmt.Errorf("list interfaces of network namespace %d: %w", n.Inode, err)
	}
	return slices.ContainsFunc(all, func(l netlink.Link) bool { return !near[l.Attrs().NetNsID] }), nil
}

// isOurs reports whether an agent made the device.
func isOurs(device *netlink.LinkAttrs) bool {
	return strings.HasPrefix(device.Name, prefix+"-") || strings.HasPrefix(device.Alias, prefix+":")
}

// Direction is the direction of packets, as seen from the namespace.
type Direction string

// The directions, as tc names them.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Directions lists both directions.
var Directions = []Direction{Ingress, Egress}

// Hook is a place for filters: one direction of one link, on its clsact.
type Hook struct {
	Link      Link
	Direction Direction
}

// parent is the handle of the hook.
func (d Direction) parent() uint32 {
	if d == Ingress {
		return netlink.HANDLE_MIN_INGRESS
	}
	return netlink.HANDLE_MIN_EGRESS
}

// String prints "eth0 ingress".
func (h Hook) String() string { return h.Link.Name + " " + string(h.Direction) }
