package userspace

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// Check reads back whether packets still take the path. The error says what somebody else
// has changed.
func (p *Path) Check() error {
	device, err := p.kernel.LinkByIndex(p.tap.index)
	if gone := (netlink.LinkNotFoundError{}); errors.As(err, &gone) {
		return fmt.Errorf("TAP %s is gone", p.tap.name)
	}
	if err != nil {
		return fmt.Errorf("read TAP %s back: %w", p.tap.name, err)
	}
	if device.Attrs().Flags&net.FlagUp == 0 {
		return fmt.Errorf("TAP %s is down", device.Attrs().Name)
	}
	link, err := p.kernel.LinkByIndex(p.link)
	if err != nil {
		return fmt.Errorf("read the link of TAP %s back: %w", p.tap.name, err)
	}
	if is, was := link.Attrs().MTU, device.Attrs().MTU; is > was {
		return fmt.Errorf("TAP %s has an MTU of %d, and %s now has %d", p.tap.name, was, link.Attrs().Name, is)
	}
	if !p.back {
		return nil
	}
	filters, err := p.kernel.FilterList(device, netlink.HANDLE_MIN_INGRESS)
	if err != nil {
		return fmt.Errorf("read the filter of TAP %s back: %w", p.tap.name, err)
	}
	for _, f := range filters {
		if b, is := f.(*netlink.BpfFilter); is && b.Name == backName {
			return nil
		}
	}
	return fmt.Errorf("the filter of TAP %s that puts packets back is gone", p.tap.name)
}
