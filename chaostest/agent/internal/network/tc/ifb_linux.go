package tc

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// IFBName names the IFB that stands in for the ingress of a link: a qdisc works
// on what leaves a device, so what comes in is sent through one.
func IFBName(link Link) string { return fmt.Sprintf("%s-i%d", prefix, link.Index) }

// AddIFB makes the IFB of a link.
func (n *Namespace) AddIFB(link Link) error {
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
	return Link{Name: name, Index: device.Attrs().Index, queue: device.Attrs().TxQLen}, nil
}

// raiseQuiet sets a device up that sends nothing by itself and that no route
// leads to.
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

// HasDevice says whether there is a device of that name.
func (n *Namespace) HasDevice(name string) (bool, error) {
	device, err := n.device(name)
	return device != nil, err
}

// device finds a device, or nil.
func (n *Namespace) device(name string) (netlink.Link, error) {
	device, err := n.kernel.LinkByName(name)
	if missing := (netlink.LinkNotFoundError{}); errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find device %s: %w", name, err)
	}
	return device, nil
}

// RemoveDevice removes a device of ours; it may be gone already.
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

// WithoutIPv6Address keeps the kernel from giving a device a link-local address,
// with which it would solicit routers and report multicast groups.
func WithoutIPv6Address(kernel *netlink.Handle, device netlink.Link) error {
	const none = 1 // IN6_ADDR_GEN_MODE_NONE
	err := kernel.LinkSetIP6AddrGenMode(device, none)
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		return nil // no IPv6 in the kernel, or none at this MTU
	}
	return err
}

// RemoveRoutes removes what the kernel adds for any device that goes up: the
// multicast route ff00::/8.
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
