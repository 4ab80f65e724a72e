package tc

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// IFBName is the name of the IFB for the ingress of a link. A qdisc only works on packets
// that leave a device, so incoming packets are sent through an IFB.
func IFBName(link Link) string { return fmt.Sprintf("%s-i%d", prefix, link.Index) }

// AddIFB makes the IFB of a link. If another agent has made it, both use it, and the last
// one removes it.
func (n *Namespace) AddIFB(link Link) error {
	if there, err := n.HasDevice(IFBName(link)); err != nil || there {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MTU = IFBName(link), link.MTU
	device := &netlink.Ifb{LinkAttrs: attributes}
	if err := n.kernel.LinkAdd(device); err != nil {
		return fmt.Errorf("add IFB %s: %w", attributes.Name, err)
	}
	if err := n.raiseQuiet(device); err != nil {
		return fmt.Errorf("add IFB %s: %w", attributes.Name, errors.Join(err, n.RemoveDevice(attributes.Name)))
	}
	return nil
}

// IFB finds the IFB of a link.
func (n *Namespace) IFB(link Link) (Link, error) {
	name := IFBName(link)
	device, err := n.kernel.LinkByName(name)
	if err != nil {
		return Link{}, fmt.Errorf("find IFB %s: %w", name, err)
	}
	a := device.Attrs()
	return Link{Name: name, Index: a.Index, MTU: a.MTU, Up: a.Flags&net.FlagUp != 0, queue: a.TxQLen}, nil
}

// RemoveIFB removes the IFB of a link. It keeps one that still has an agent's HTB, which is
// another agent's. The IFB may be gone already.
func (n *Namespace) RemoveIFB(link Link) error {
	if there, err := n.HasDevice(IFBName(link)); err != nil || !there {
		return err
	}
	device, err := n.IFB(link)
	if err != nil {
		return err
	}
	if root, err := n.Root(device); err != nil || root.Ours() {
		return err
	}
	return n.RemoveDevice(device.Name)
}

// raiseQuiet sets up a device that sends nothing by itself and that no route leads to.
func (n *Namespace) raiseQuiet(device netlink.Link) error {
	if err := WithoutIPv6Address(n.kernel, device); err != nil {
		return fmt.Errorf("turn off IPv6 addresses: %w", err)
	}
	if err := n.kernel.LinkSetUp(device); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := RemoveRoutes(n.kernel, device.Attrs().Index); err != nil {
		return fmt.Errorf("remove routes: %w", err)
	}
	return nil
}

// HasDevice reports whether there is a device with this name.
func (n *Namespace) HasDevice(name string) (bool, error) {
	device, err := n.device(name)
	return device != nil, err
}

// HasLink reports whether there is a link with this index.
func (n *Namespace) HasLink(index int) (bool, error) {
	_, err := n.kernel.LinkByIndex(index)
	if notFound := (netlink.LinkNotFoundError{}); errors.As(err, &notFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find link %d: %w", index, err)
	}
	return true, nil
}

// device finds a device, or nil.
func (n *Namespace) device(name string) (netlink.Link, error) {
	device, err := n.kernel.LinkByName(name)
	if notFound := (netlink.LinkNotFoundError{}); errors.As(err, &notFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find device %s: %w", name, err)
	}
	return device, nil
}

// RemoveDevice removes a device of an agent. It may be gone already.
func (n *Namespace) RemoveDevice(name string) error {
	device, err := n.device(name)
	if err != nil || device == nil {
		return err
	}
	if err := n.kernel.LinkDel(device); err != nil && !gone(err) {
		return fmt.Errorf("delete device %s: %w", name, err)
	}
	return nil
}

// WithoutIPv6Address keeps a device without a link-local address. With one, the kernel
// would solicit routers and report multicast groups on it.
func WithoutIPv6Address(kernel *netlink.Handle, device netlink.Link) error {
	const none = 1 // IN6_ADDR_GEN_MODE_NONE
	err := kernel.LinkSetIP6AddrGenMode(device, none)
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		return nil // the kernel has no IPv6, or none for this MTU
	}
	return err
}

// RemoveRoutes removes the multicast route ff00::/8, which the kernel adds for every device
// that is set up.
func RemoveRoutes(kernel *netlink.Handle, index int) error {
	routes, err := kernel.RouteListFiltered(netlink.FAMILY_V6,
		&netlink.Route{LinkIndex: index, Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE)
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	} else if err != nil {
		return err
	}
	for i := range routes {
		if err := kernel.RouteDel(&routes[i]); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("%s: %w", routes[i], err)
		}
	}
	return nil
}
