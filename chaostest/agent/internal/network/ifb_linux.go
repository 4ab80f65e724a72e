package network

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
)

// ifbName names the IFB that stands in for the ingress of a link: a qdisc works
// on what leaves a device, so what comes in is sent through one.
func ifbName(link int) string { return fmt.Sprintf("%s-i%d", prefix, link) }

// isOurs says whether a device was made by an agent, this one or another.
func isOurs(device *netlink.LinkAttrs) bool {
	return strings.HasPrefix(device.Name, prefix+"-") || strings.HasPrefix(device.Alias, prefix+":")
}

// holdIFB makes sure of the link's IFB for one more injection.
func (i *injection) holdIFB(link Link) (Link, error) {
	name := ifbName(link.Index)
	err := i.hold("IFB "+name, i.ifbs, link.Index,
		func() (bool, error) {
			if err := i.addIFB(name, link.MTU); err != nil {
				return false, fmt.Errorf("add IFB %s: %w", name, err)
			}
			return true, nil
		},
		func() error { return i.removeDevice(name) })
	if err != nil {
		return Link{}, err
	}
	device, err := i.LinkByName(name)
	if err != nil {
		return Link{}, fmt.Errorf("find IFB %s: %w", name, err)
	}
	return Link{Name: name, Index: device.Attrs().Index, queue: device.Attrs().TxQLen}, nil
}

func (n *namespace) addIFB(name string, mtu int) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MTU = name, mtu
	device := &netlink.Ifb{LinkAttrs: attributes}
	if err := n.LinkAdd(device); err != nil {
		return err
	}
	if err := n.raiseQuiet(device); err != nil {
		return errors.Join(err, n.removeDevice(name))
	}
	return nil
}

// raiseQuiet sets a device up that sends nothing of its own and is no way
// anywhere.
func (n *namespace) raiseQuiet(device netlink.Link) error {
	if err := userspace.WithoutIPv6Address(n.Handle, device); err != nil {
		return fmt.Errorf("turn off IPv6 addresses: %w", err)
	}
	if err := n.LinkSetUp(device); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := userspace.RemoveRoutes(n.Handle, device.Attrs().Index); err != nil {
		return fmt.Errorf("remove routes: %w", err)
	}
	return nil
}

// removeDevice removes a device of ours; it may be gone already.
func (n *namespace) removeDevice(name string) error {
	device, err := n.LinkByName(name)
	if missing := (netlink.LinkNotFoundError{}); errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find device %s: %w", name, err)
	}
	if err := n.LinkDel(device); err != nil && !gone(err) {
		return fmt.Errorf("delete device %s: %w", name, err)
	}
	return nil
}
