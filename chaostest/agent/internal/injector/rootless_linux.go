package injector

import (
	"os"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/fault"
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

// isRootless is Rootless, unless a test says otherwise.
var isRootless = Rootless

// OnRootless takes an error that says that a container's cgroup was not found. Where the
// engine is rootless, that is the reason, and it returns an error that says so.
func OnRootless(f fault.Fault, err error) error {
	if err == nil || !isRootless() {
		return err
	}
	return &fault.UnsupportedError{
		What: f.String(), Have: "the engine is rootless and has no cgroups of its own",
		Do: "run the suite on a rootful engine (DOCKER_HOST), or leave the fault out there",
	}
}
