package userspace

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// inNamespace runs do on a thread in the network namespace of a process.
func inNamespace(pid int, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err, back := visit(pid, do)
		if back {
			runtime.UnlockOSThread()
		} // else the thread dies with this goroutine
		done <- err
	}()
	return <-done
}

// visit says besides whether the thread is back where it was.
func visit(pid int, do func() error) (err error, back bool) {
	own, err := openNamespace("/proc/thread-self/ns/net")
	if err != nil {
		return err, true
	}
	defer func() { _ = unix.Close(own) }()
	target, err := openNamespace(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return err, true
	}
	defer func() { _ = unix.Close(target) }()
	if err := unix.Setns(target, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace of process %d: %w", pid, explain(err, "CAP_SYS_ADMIN")), true
	}
	err = do()
	return err, unix.Setns(own, unix.CLONE_NEWNET) == nil
}

func openNamespace(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return -1, fmt.Errorf("open %s: %w: has the process ended, or does the agent not share the host's PID namespace?", path, err)
	case err != nil:
		return -1, fmt.Errorf("open %s: %w", path, explain(err, "CAP_SYS_PTRACE"))
	}
	return fd, nil
}

// explain adds to a refusal which capability the agent lacks.
func explain(err error, capability string) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("%w: the agent needs %s in the first user namespace; rootless engines cannot grant it", err, capability)
	}
	return err
}
