package cgroup

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// movedVariable says that the program has been executed again, so that this is never
// done twice.
const movedVariable = "CHAOSGATE_IN_HOST_CGROUP_NAMESPACE"

// EnterHostNamespace executes this program again in the cgroup namespace of process 1, if
// it is in another. Some engines put every container into a namespace of its own, where
// the groups of other containers cannot be told apart. It needs the host's PID namespace,
// CAP_SYS_ADMIN and CAP_SYS_PTRACE. Call it before anything is started.
func EnterHostNamespace() error { return enterNamespace("/proc/1/ns/cgroup") }

func enterNamespace(wanted string) error {
	if os.Getenv(movedVariable) != "" {
		return os.Unsetenv(movedVariable)
	}
	have, err := os.Readlink("/proc/self/ns/cgroup")
	if err != nil {
		return nil // a kernel without cgroup namespaces
	}
	want, err := os.Readlink(wanted)
	if err != nil || want == have {
		return nil // the agent may be in the right one, and Of says so if it is not
	}
	// A thread changes its namespace alone. The program that it executes takes it over.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	namespace, err := os.Open(wanted)
	if err == nil {
		err = unix.Setns(int(namespace.Fd()), unix.CLONE_NEWCGROUP)
	}
	if err == nil {
		err = syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), movedVariable+"=1"))
	}
	return fmt.Errorf("join the host's cgroup namespace: %w", err)
}
