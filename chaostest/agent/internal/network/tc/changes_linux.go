package tc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Changes hears of every change in a namespace, also by other programs: of its links,
// addresses, qdiscs and filters.
type Changes struct{ file *os.File }

// Changed is what has changed since the last look.
type Changed struct {
	// Left holds the indexes of links that have left the namespace. A link with the same
	// index may have come since.
	Left []int
}

// Changes starts to listen in the namespace.
func (n *Namespace) Changes() (c *Changes, err error) {
	err = n.Inside(func() error {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		var groups uint32
		for _, group := range []uint32{unix.RTNLGRP_LINK, unix.RTNLGRP_TC, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR} {
			groups |= 1 << (group - 1)
		}
		if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		c = &Changes{os.NewFile(uintptr(fd), "netlink")}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listen for changes in network namespace %d: %w", n.Inode, err)
	}
	return c, nil
}

// Wait waits until there may be something to take. After Close there is an error.
func (c *Changes) Wait() error {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_DONTWAIT|unix.MSG_PEEK)
		return !errors.Is(err, unix.EAGAIN)
	})
}

// Take returns what was reported until now, without waiting. If the kernel had to drop
// reports, something has changed, but not all of it is known.
func (c *Changes) Take() (all Changed) {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return all
	}
	buffer := make([]byte, 32<<10)
	_ = raw.Control(func(fd uintptr) { // it is closed if this fails
		for {
			count, _, err := unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT)
			switch {
			case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS):
			case err != nil:
				return
			default:
				all.add(buffer[:count])
			}
		}
	})
	return all
}

func (c *Changed) add(datagram []byte) {
	messages, err := syscall.ParseNetlinkMessage(datagram)
	if err != nil {
		return
	}
	for _, m := range messages {
		if m.Header.Type == unix.RTM_DELLINK && len(m.Data) >= unix.SizeofIfInfomsg {
			// In struct ifinfomsg, the index comes after 4 bytes.
			c.Left = append(c.Left, int(int32(binary.NativeEndian.Uint32(m.Data[4:]))))
		}
	}
}

// Close stops to listen.
func (c *Changes) Close() error { return c.file.Close() }
