//go:build !unix

package suite

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: where there are no process groups a ^C reaches the
// child by itself.
func ownGroup(*exec.Cmd) {}

// pass ends the child when it must end; an interrupt has reached it already.
func pass(cmd *exec.Cmd, sig os.Signal) error {
	if sig == os.Interrupt {
		return nil
	}
	return cmd.Process.Kill()
}
