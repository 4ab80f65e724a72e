//go:build unix

package suite

import (
	"os"
	"os/exec"
	"syscall"
)

// separateGroup puts the child and its descendants into a new process group. A terminal's
// ^C then reaches only chaosgate, and chaosgate sends it once to the whole group.
func separateGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// pass sends the signal to the whole process group of the child.
func pass(cmd *exec.Cmd, sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		number = syscall.SIGTERM
	}
	return syscall.Kill(-cmd.Process.Pid, number)
}
