package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Namespace describes a network namespace.
type Namespace struct {
	// Inode is the namespace's number: two processes with the same one share it.
	Inode uint64
	Links []Link
}

// Link is a network interface of a namespace.
type Link struct {
	Name     string
	Index    int
	MTU      int
	Up       bool
	Loopback bool
	// Ethernet says that frames have a header of 14 bytes; other links carry bare
	// IP packets.
	Ethernet bool
	// ours says that an agent made it.
	ours bool
	// queue is the length of the transmit queue.
	queue int
	// Prefixes are the interface's own addresses with their networks' lengths.
	Prefixes []netip.Prefix
}

// Inspect looks into the network namespace of a process.
func Inspect(pid int) (Namespace, error) {
	n, err := openNamespace(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return Namespace{}, fmt.Errorf("inspect the network of process %d: %w", pid, err)
	}
	links, err := n.inspect()
	return Namespace{Inode: n.inode, Links: links}, errors.Join(err, n.close())
}

func (n *namespace) inspect() ([]Link, error) {
	all, err := whole(n.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces of network namespace %d: %w", n.inode, err)
	}
	addresses, err := whole(func() ([]netlink.Addr, error) { return n.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list addresses of network namespace %d: %w", n.inode, err)
	}
	var links []Link
	for _, l := range all {
		a := l.Attrs()
		link := Link{
			Name: a.Name, Index: a.Index, MTU: a.MTU, ours: isOurs(a), queue: a.TxQLen,
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

// whole repeats a netlink dump that a change has interrupted: the kernel says
// that such a dump is not one moment's state.
func whole[T any](list func() ([]T, error)) ([]T, error) {
	for range 100 {
		all, err := list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return nil, errors.New("list the kernel's objects: they change faster than they can be read")
}
