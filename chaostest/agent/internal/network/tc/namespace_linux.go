package tc

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Namespace is an open network namespace. It stays open after its processes have died, so
// that changes in it can still be undone and compared.
type Namespace struct {
	// Inode identifies the namespace: processes with the same inode share it.
	Inode uint64

	file   *os.File
	kernel *netlink.Handle
	raw    map[int]*nl.SocketHandle // for requests that the library does not support
}

// Open opens the network namespace at a path such as /proc/1/ns/net.
func Open(path string) (*Namespace, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil, fmt.Errorf("open network namespace: %w: has the process ended, or does the agent not share the host's PID namespace?", err)
	case err != nil:
		return nil, fmt.Errorf("open network namespace: %w", NeedsCapability(err, "CAP_SYS_PTRACE"))
	}
	n := &Namespace{file: file}
	if n.Inode, err = inode(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	err = n.Inside(func() error {
		if n.kernel, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
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
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Close closes the namespace.
func (n *Namespace) Close() error {
	if n.kernel != nil {
		n.kernel.Close()
	}
	for _, s := range n.raw {
		s.Close()
	}
	return n.file.Close()
}

// Inside runs f on a thread in the namespace. The thread ends with f, so that no other
// goroutine runs in the namespace by accident.
func (n *Namespace) Inside(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := n.enter(); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

// enter moves the calling thread into the namespace.
func (n *Namespace) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %d: %w", n.Inode, NeedsCapability(err, "CAP_SYS_ADMIN"))
	}
	return nil
}

// NeedsCapability adds the capability that the agent lacks to a refusal of the kernel.
func NeedsCapability(err error, capability string) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%w: the agent needs %s in the first user namespace; rootless engines cannot grant it", err, capability)
	}
	return err
}

// request starts a netlink request without the library's help.
func (n *Namespace) request(kind, flags int) *nl.NetlinkRequest {
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

// Scratch runs f in a new network namespace, on a thread in that namespace. The namespace
// ends with f.
func Scratch(f func(*Namespace) error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("make a temporary network namespace: %w", NeedsCapability(err, "CAP_SYS_ADMIN"))
			return
		}
		n, err := Open("/proc/thread-self/ns/net")
		if err != nil {
			result <- err
			return
		}
		result <- errors.Join(f(n), n.Close())
	}()
	return <-result
}

// whole repeats a netlink dump that a change has interrupted, because such a dump does not
// show the state of one moment.
func whole[T any](list func() ([]T, error)) ([]T, error) {
	for range 100 {
		all, err := list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return nil, errors.New("list the kernel's objects: they change faster than they can be read")
}

// gone reports whether the object to remove no longer exists.
func gone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL)
}
