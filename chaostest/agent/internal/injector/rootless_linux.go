package injector

import (
	"os"
	"strings"
)

// Rootless reports whether the engine that runs this agent is rootless: the agent's user
// IDs are then not those of the host. A rootless engine has neither the right to load BPF
// programs nor cgroups that it may change as it likes.
func Rootless() bool { return rootless(os.ReadFile) }

func rootless(read func(string) ([]byte, error)) bool {
	ids, err := read("/proc/self/uid_map")
	if err != nil {
		return false // a kernel without user namespaces
	}
	// The host's own user namespace maps every ID to itself.
	const all = "0 0 4294967295"
	return strings.Join(strings.Fields(string(ids)), " ") != all
}
