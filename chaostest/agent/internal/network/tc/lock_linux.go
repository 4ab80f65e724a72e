package tc

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// lockName is the name of an abstract unix socket. Such names belong to a network
// namespace, and the kernel frees them when their holder dies.
const lockName = "@chaosgate"

// Lock keeps other agents from changing the namespace until unlock is called. It waits for
// another agent, but no longer than patience.
func (n *Namespace) Lock(patience time.Duration) (unlock func() error, err error) {
	socket := -1
	err = n.Inside(func() (err error) {
		socket, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lock network namespace %d: %w", n.Inode, err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		err := unix.Bind(socket, &unix.SockaddrUnix{Name: lockName})
		if err == nil {
			return func() error { return unix.Close(socket) }, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) || time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("lock network namespace %d against other test processes: bind the unix socket %s: %w: "+
				"does another test process stand still there, or a program of the container use that name?", n.Inode, lockName, err), unix.Close(socket))
		}
	}
}
