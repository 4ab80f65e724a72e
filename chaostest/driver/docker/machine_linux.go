package docker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
)

// onThisMachine reports whether the engine is that of this machine. An address of a
// container may by chance be in a network of this machine although the engine is in a
// virtual machine, in a container, or rootless, so this is asked first.
func (d *Driver) onThisMachine(ctx context.Context) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.here == nil {
		found, err := d.client.Info(ctx, client.InfoOptions{})
		if err != nil {
			return false // asked again next time
		}
		here := isHere(found.Info, os.DirFS("/").(readFiles))
		d.here = &here
	}
	return *d.here
}

// readFiles reads the files of this machine.
type readFiles interface {
	ReadFile(name string) ([]byte, error)
}

// isHere compares what the engine says about its machine with this one. A virtual machine
// has another kernel or another amount of memory. An engine in a container has another
// host name, and a rootless one has its networks in a namespace of its own.
func isHere(engine system.Info, machine readFiles) bool {
	name, errName := machine.ReadFile("proc/sys/kernel/hostname")
	kernel, errKernel := machine.ReadFile("proc/sys/kernel/osrelease")
	memory, errMemory := machine.ReadFile("proc/meminfo")
	var kilobytes int64
	_, errScan := fmt.Sscanf(string(memory), "MemTotal: %d kB", &kilobytes)
	rootless := slices.ContainsFunc(engine.SecurityOptions, func(o string) bool { return strings.Contains(o, "rootless") })
	return errName == nil && errKernel == nil && errMemory == nil && errScan == nil && !rootless &&
		engine.Name == string(bytes.TrimSpace(name)) &&
		engine.KernelVersion == string(bytes.TrimSpace(kernel)) &&
		engine.MemTotal == kilobytes<<10
}
