//go:build !linux

package docker

import "context"

// onThisMachine is false: containers need Linux, so they run in a virtual machine.
func (d *Driver) onThisMachine(context.Context) bool { return false }
