package userspace

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// tapQueue is the length of the TAP's queue in frames. The queue fills while the agent's
// thread waits for a processor.
const tapQueue = 16384

// tap is the device to which matching packets are redirected. It has no address and answers
// no ARP, and no route leads to it. It vanishes when its descriptor is closed, even if the
// agent is killed.
type tap struct {
	fd    int
	index int
	name  string
	mac   net.HardwareAddr
}

// openTAP makes the TAP in the calling thread's network namespace.
func openTAP(kernel *netlink.Handle, link netlink.Link, direction fault.Direction, offloads int) (_ *tap, err error) {
	fd, name, err := attachTAP()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(fd))
		}
	}()
	device, err := kernel.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("look up TAP %s: %w", name, err)
	}
	t := &tap{fd: fd, index: device.Attrs().Index, name: name, mac: device.Attrs().HardwareAddr}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"name purpose", func() error {
			return kernel.LinkSetAlias(device, fmt.Sprintf("chaosgate: %s of %s", direction, link.Attrs().Name))
		}},
		{"set offloads", func() error { return setOffloads(fd, offloads) }},
		{"set largest frame", func() error { return limitFrames(kernel, device, link) }},
		{"set MTU", func() error { return kernel.LinkSetMTU(device, link.Attrs().MTU) }},
		{"set queue length", func() error { return kernel.LinkSetTxQLen(device, tapQueue) }},
		{"turn off ARP", func() error { return kernel.LinkSetARPOff(device) }},
		{"turn off IPv6 addresses", func() error { return tc.WithoutIPv6Address(kernel, device) }},
		{"set up", func() error { return kernel.LinkSetUp(device) }},
		{"remove routes", func() error { return tc.RemoveRoutes(kernel, t.index) }},
	} {
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("%s of TAP %s: %w", step.what, name, tc.NeedsCapability(err, "CAP_NET_ADMIN"))
		}
	}
	return t, nil
}

func attachTAP() (_ int, name string, err error) {
	const device = "/dev/net/tun"
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return -1, "", &fault.UnsupportedError{
			What: "the user-space path", Needs: device, Have: "it cannot be opened: " + err.Error(),
			Do: "load the kernel module tun on the host, and give the agent's container the device " + device,
		}
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return -1, "", fmt.Errorf("open %s: %w: give the agent's container the device %s", device, err, device)
	case err != nil:
		return -1, "", fmt.Errorf("open %s: %w", device, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(fd))
		}
	}()
	request, err := unix.NewIfreq("cg%d") // the kernel fills in the first free number
	if err != nil {
		return -1, "", err
	}
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return -1, "", fmt.Errorf("make TAP: %w", tc.NeedsCapability(err, "CAP_NET_ADMIN"))
	}
	return fd, request.Name(), nil
}

// limitFrames limits frames to the size of the link's, which may be below the default.
func limitFrames(kernel *netlink.Handle, device, link netlink.Link) error {
	if segments := link.Attrs().GSOMaxSegs; segments > 0 && segments < device.Attrs().GSOMaxSegs {
		if err := kernel.LinkSetGSOMaxSegs(device, int(segments)); err != nil {
			return err
		}
	}
	if size := link.Attrs().GSOMaxSize; size > 0 && size < device.Attrs().GSOMaxSize {
		return kernel.LinkSetGSOMaxSize(device, int(size))
	}
	return nil
}
