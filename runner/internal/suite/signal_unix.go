//go:build unix

package suite

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the child and what it starts into a process group of their own,
// so that a signal reaches them all, and reaches them once: a terminal's ^C
// comes to chaosgate only, which passes it on.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// pass sends the signal to the child's whole group.
func pass(cmd *exec.Cmd, sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		number = syscall.SIGTERM
	}
	return syscall.Kill(-cmd.Process.Pid, number)
}
