package container

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// process is what tells the processes of a container apart.
type process struct {
	pid, parent int
	// namespaceInit says that it is the first process of a PID namespace.
	namespaceInit bool
	start         uint64 // in clock ticks since the machine's start
}

var errEnded = errors.New("the process has ended")

// parse reads /proc/PID/stat and /proc/PID/status.
func parse(pid int, stat, status string) (process, error) {
	// The program's name, in parentheses, may hold anything.
	_, after, _ := cutLast(stat, ")")
	fields := strings.Fields(after)
	const state, parent, start = 0, 1, 19
	if len(fields) <= start {
		return process{}, fmt.Errorf("read the stat of process %d: %q has too few fields", pid, stat)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return process{}, errEnded
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

// first is the process that the engine started: the first process of a PID
// namespace, whose parent is outside the container. Where the container has no
// PID namespace of its own, it is the one that started before all others. Later
// ones with a parent outside are those of exec and the agent's own workers.
func first(all []process) process {
	inside := map[int]bool{}
	for _, p := range all {
		inside[p.pid] = true
	}
	yesFirst := func(yes bool) int {
		if yes {
			return 0
		}
		return 1
	}
	return slices.MinFunc(all, func(a, b process) int {
		return cmp.Or(
			cmp.Compare(yesFirst(a.namespaceInit && !inside[a.parent]), yesFirst(b.namespaceInit && !inside[b.parent])),
			cmp.Compare(a.start, b.start),
			cmp.Compare(yesFirst(!inside[a.parent]), yesFirst(!inside[b.parent])),
			cmp.Compare(a.pid, b.pid),
		)
	})
}

// containersIn are the IDs of the containers in whose groups, or below, a process
// is. groups are the lines of /proc/PID/cgroup.
func containersIn(groups, asked string) map[string]bool {
	ids := map[string]bool{}
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for component := range strings.SplitSeq(parts[2], "/") {
			if id := idIn(component, asked); id != "" {
				ids[id] = true
			}
		}
	}
	return ids
}

// idLength is that of every engine's IDs: a SHA-256 in hexadecimal.
const idLength = 64

// idIn is the container's ID in a cgroup's name: "ID", "docker-ID.scope",
// "slice:cri-containerd:ID". It is empty in any other name, and in that of a group
// such as "crio-conmon-ID.scope", which holds the program that watches the
// container.
func idIn(component, asked string) string {
	name := strings.TrimSuffix(component, ".scope")
	id := asked
	if !strings.HasSuffix(name, asked) {
		if id = name[max(len(name)-idLength, 0):]; len(id) < idLength || strings.Trim(id, "0123456789abcdef") != "" {
			return ""
		}
	}
	before := strings.TrimSuffix(name, id)
	if before != "" && (strings.Contains(before, "conmon") || !strings.ContainsAny(before[len(before)-1:], "-:")) {
		return ""
	}
	return id
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
