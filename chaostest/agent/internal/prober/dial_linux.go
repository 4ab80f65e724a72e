package prober

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// dial connects from the network namespace of a container. A socket stays in the namespace
// that it was made in, so only its making needs a thread there, and that does not wait.
func (p *Prober) dial(ctx context.Context, containerID, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, look.Failure{Err: fmt.Errorf("connect to %q: %w", address, err)}
	}
	pid, err := p.find(containerID)
	if err != nil {
		return nil, look.Failure{Err: err}
	}
	fd, err := socketIn(fmt.Sprintf("/proc/%d/ns/net", pid), to.Addr())
	if err != nil {
		return nil, look.Failure{Err: err}
	}
	file := os.NewFile(uintptr(fd), "tcp "+address) // the socket does not block, so the runtime waits for it
	defer func() { _ = file.Close() }()             // the connection has a copy
	if err := connect(ctx, file, to); err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	return net.FileConn(file)
}

// socketIn makes a TCP socket in the network namespace at a path. Its thread ends, so
// that nothing else runs in that namespace by accident.
func socketIn(path string, family netip.Addr) (fd int, err error) {
	domain := unix.AF_INET6
	if family.Is4() {
		domain = unix.AF_INET
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var namespace *os.File
		if namespace, err = os.Open(path); err != nil {
			return
		}
		defer func() { _ = namespace.Close() }() // a file that was only read
		if err = unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			err = fmt.Errorf("enter %s: %w", path, err)
			return
		}
		fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	}()
	<-done
	if err != nil {
		return -1, fmt.Errorf("make a socket in the container's network: %w", err)
	}
	return fd, nil
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// connect waits until the socket is connected, or ctx ends.
func connect(ctx context.Context, file *os.File, to netip.AddrPort) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	began := false
	var failed error
	stop := context.AfterFunc(ctx, func() { _ = file.SetDeadline(past) }) // wakes the wait below
	defer stop()
	err = raw.Write(func(fd uintptr) bool {
		if !began {
			began = true
			failed = os.NewSyscallError("connect", unix.Connect(int(fd), sockaddr(to)))
			return !errors.Is(failed, unix.EINPROGRESS)
		}
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			failed = os.NewSyscallError("getsockopt", err)
		case code != 0:
			failed = os.NewSyscallError("connect", unix.Errno(code))
		default:
			// A socket counts as writable before it begins to connect, too.
			_, waiting := unix.Getpeername(int(fd))
			if waiting != nil {
				return false
			}
			failed = nil
		}
		return true
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	}
	return failed
}

func sockaddr(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}
