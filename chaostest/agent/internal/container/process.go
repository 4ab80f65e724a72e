package container

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// process holds what is needed to find the first process of a container.
type process struct {
	pid, parent int
	// namespaceInit is true for the first process of a PID namespace.
	namespaceInit bool
	start         uint64 // in clock ticks since the machine started
}

// parse reads /proc/PID/stat and /proc/PID/status.
func parse(pid int, stat, status string) (process, error) {
	// The name of the program, in parentheses, may contain anything.
	_, after, _ := cutLast(stat, ")")
	fields := strings.Fields(after)
	const parent, start = 1, 19
	if len(fields) <= start {
		return process{}, fmt.Errorf("read the stat of process %d: %q has too few fields", pid, stat)
	}
	p := process{pid: pid}
	var err error
	if p.parent, err = strconv.Atoi(fields[parent]); err != nil {
		return process{}, fmt.Errorf("read the parent of process %d: %w", pid, err)
	}
	if p.start, err = strconv.ParseUint(fields[start], 10, 64); err != nil {
		return process{}, fmt.Errorf("read the start of process %d: %w", pid, err)
	}
	for line := range strings.Lines(status) {
		if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok {
			all := strings.Fields(numbers)
			p.namespaceInit = len(all) > 1 && all[len(all)-1] == "1"
		}
	}
	return p, nil
}

// first is the process that the engine started: the first process of a PID namespace whose
// parent is outside the container. In a container that shares the PID namespace of the
// host, it is the oldest process. Later processes with a parent outside come from exec or
// from the agent's workers.
func first(all []process) process {
	inside := map[int]bool{}
	for _, p := range all {
		inside[p.pid] = true
	}
	trueFirst := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	return slices.MinFunc(all, func(a, b process) int {
		return cmp.Or(
			cmp.Compare(trueFirst(a.namespaceInit && !inside[a.parent]), trueFirst(b.namespaceInit && !inside[b.parent])),
			cmp.Compare(a.start, b.start),
			cmp.Compare(trueFirst(!inside[a.parent]), trueFirst(!inside[b.parent])),
			cmp.Compare(a.pid, b.pid),
		)
	})
}

// containersIn returns the IDs of the containers in the cgroup paths of a process. groups
// is the content of /proc/PID/cgroup.
func containersIn(groups, wanted string) map[string]bool {
	ids := map[string]bool{}
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for component := range strings.SplitSeq(parts[2], "/") {
			if id := cgroup.ContainerIn(component, wanted); id != "" {
				ids[id] = true
			}
		}
	}
	return ids
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
