package network

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// namespace is a network namespace that is held open: it can be undone and
// proved in it when the target has died.
type namespace struct {
	file  *os.File
	inode uint64
	// Netlink in the namespace, by the library and by hand.
	*netlink.Handle
	raw map[int]*nl.SocketHandle
}

func openNamespace(path string) (*namespace, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open network namespace: %w", err)
	}
	n := &namespace{file: file}
	if n.inode, err = inode(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	err = n.inside(func() error {
		if n.Handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			return fmt.Errorf("open netlink in network namespace %s: %w", path, err)
		}
		socket, err := nl.GetNetlinkSocketAt(-1, -1, unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("open netlink in network namespace %s: %w", path, err)
		}
		n.raw = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

func (n *namespace) close() error {
	if n.Handle != nil {
		n.Close()
	}
	for _, s := range n.raw {
		s.Close()
	}
	return n.file.Close()
}

// inside runs f on a thread in the namespace. The thread ends with f: nobody
// else's goroutine can find itself in there.
func (n *namespace) inside(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("enter network namespace %d: %w: needs CAP_SYS_ADMIN", n.inode, err)
			return
		}
		result <- f()
	}()
	return <-result
}

// request starts a netlink request made by hand, for what the library cannot say.
func (n *namespace) request(kind, flags int) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Sockets = n.raw
	return r
}

func inode(file *os.File) (uint64, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &s); err != nil {
		return 0, fmt.Errorf("stat %s: %w", file.Name(), err)
	}
	return s.Ino, nil
}

// scratch runs f in a new network namespace that ends with it.
func scratch(f func(*namespace) error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("make a network namespace to try things in: %w: needs CAP_SYS_ADMIN", err)
			return
		}
		n, err := openNamespace("/proc/thread-self/ns/net")
		if err != nil {
			result <- err
			return
		}
		result <- errors.Join(f(n), n.close())
	}()
	return <-result
}
