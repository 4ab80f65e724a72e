//go:build !unix

package suite

import (
	"os"
	"os/exec"
)

// separateGroup does nothing: without process groups, ^C reaches the child directly.
func separateGroup(*exec.Cmd) {}

// pass kills the child, except on an interrupt, which has reached the child already.
func pass(cmd *exec.Cmd, sig os.Signal) error {
	if sig == os.Interrupt {
		return nil
	}
	return cmd.Process.Kill()
}
