// Package container finds the first process of a container by the container's ID, without
// asking an engine.
//
// Every engine names a container's cgroup after its ID, on v1 and v2: Docker's
// "docker/ID" and "docker-ID.scope", Podman's "libpod-ID.scope", and Kubernetes'
// "kubepods/burstable/podUID/ID" and "cri-containerd-ID.scope". So the processes
// of a container are those in a cgroup with its ID in the name. The first of them is the
// one that the engine started.
package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Finder finds the first processes of containers. It reads a proc file system of the host's
// PID namespace. Its methods may be called from several goroutines.
type Finder struct {
	proc string

	mu    sync.Mutex
	known map[string]process // by the container's ID
}

// NewFinder makes a finder that reads the proc file system mounted at proc.
func NewFinder(proc string) *Finder { return &Finder{proc: proc} }

// FirstProcess returns the process ID of the container's first process. id is the full ID
// of the container. One search finds all containers. Results of an earlier search are
// checked, so that a restarted container is searched for again.
func (f *Finder) FirstProcess(id string) (pid int, err error) {
	if id == "" || strings.Contains(id, "/") {
		return 0, fmt.Errorf("find container %q: an ID is needed, as `docker inspect -f {{.Id}}` prints it", id)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if before, ok := f.known[id]; ok {
		if now, err := f.read(before.pid); err == nil && now == before && f.holds(id, before.pid) {
			return before.pid, nil
		}
	}
	if f.known, err = f.search(id); err != nil {
		return 0, fmt.Errorf("find container %s: %w", id, err)
	}
	first, ok := f.known[id]
	if !ok {
		return 0, fmt.Errorf("find container %s: no process of this host is in a cgroup with that ID: is the container running on this host, "+
			"without a virtual machine such as Kata's or gVisor's, and is the agent in the host's PID namespace?", id)
	}
	return first.pid, nil
}

// search finds the first process of every container. It also recognises id if that does
// not look like the ID of a container.
func (f *Finder) search(id string) (map[string]process, error) {
	entries, err := os.ReadDir(f.proc)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	found := map[string][]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// A process that has ended in the meantime cannot be read. It is skipped.
		ids := f.containers(pid, id)
		if len(ids) == 0 {
			continue
		}
		if p, err := f.read(pid); err == nil {
			for id := range ids {
				found[id] = append(found[id], p)
			}
		}
	}
	known := make(map[string]process, len(found))
	for id, all := range found {
		known[id] = first(all)
	}
	return known, nil
}

// containers returns the IDs of the containers that hold the process. It also recognises
// wanted if that does not look like the ID of a container.
func (f *Finder) containers(pid int, wanted string) map[string]bool {
	groups, err := os.ReadFile(filepath.Join(f.proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil
	}
	if ids := containersIn(string(groups), wanted); len(ids) > 0 {
		return ids
	}
	// A process whose first thread has ended is in the groups of its other threads.
	thread, err := cgroup.Thread(f.proc, pid)
	if err != nil || thread == filepath.Join(f.proc, strconv.Itoa(pid)) {
		return nil
	}
	if groups, err = os.ReadFile(filepath.Join(thread, "cgroup")); err != nil {
		return nil
	}
	return containersIn(string(groups), wanted)
}

func (f *Finder) holds(id string, pid int) bool { return f.containers(pid, id)[id] }

// read reads the process with this ID. It is an error if the process has ended.
func (f *Finder) read(pid int) (process, error) {
	dir := filepath.Join(f.proc, strconv.Itoa(pid))
	if _, err := cgroup.Thread(f.proc, pid); err != nil {
		return process{}, err
	}
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return process{}, err
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return process{}, err
	}
	return parse(pid, string(stat), string(status))
}
