package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The controllers that the injectors ask for. On v2 they share one directory.
const (
	CPU     = "cpu"
	CPUAcct = "cpuacct"
	CPUSet  = "cpuset"
	Memory  = "memory"
	Freezer = "freezer"
)

// Group is the control group of one process: one directory in v2, one for each
// controller in v1. It stays bound to the process it was made for: a later
// process with the same number is not mistaken for it.
type Group struct {
	pid    int
	id     string
	start  uint64
	proc   string
	places map[string]place
}

// place is the group's directory for one controller, and the mount where the
// walk to its ancestors ends.
type place struct {
	version          int
	dir, mount, path string
}

// Of resolves the control group of a running process. The reader must be in
// the host's PID and cgroup namespaces. When containerID is not empty, the
// group's path must contain it, so that a process number that has passed to
// somebody else is an error and not somebody else's fault.
func Of(pid int, containerID string) (*Group, error) { return of("/proc", pid, containerID) }

func of(proc string, pid int, id string) (*Group, error) {
	g := &Group{pid: pid, id: id, proc: proc, places: map[string]place{}}
	of := fmt.Sprintf("process %d", pid)
	if id != "" {
		of += " of container " + id
	}
	state, start, err := g.stat()
	if err == nil && dead(state) {
		err = errors.New("it has ended")
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no such process: did the container stop, or is the agent outside the host's PID namespace?")
	}
	if err != nil {
		return nil, fmt.Errorf("find cgroup of %s: %w", of, err)
	}
	g.start = start
	lines, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup of %s: %w", of, err)
	}
	memberships, err := parseMemberships(string(lines))
	if err != nil {
		return nil, fmt.Errorf("find cgroup of %s: %w", of, err)
	}
	info, err := os.ReadFile(filepath.Join(proc, "self", "mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	mounts, err := parseMounts(string(info))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	if !slices.ContainsFunc(memberships, func(m membership) bool { return strings.Contains(m.path, id) }) {
		return nil, fmt.Errorf("find cgroup of %s: the process is in %q, which does not name the container: "+
			"has its number passed to another process, or is the agent outside the host's cgroup namespace (--cgroupns host)?", of, paths(memberships))
	}
	for _, m := range memberships {
		p, ok := locate(m, mounts)
		if !ok {
			continue
		}
		if len(m.controllers) == 0 {
			g.places[unified] = p
		}
		for _, c := range m.controllers {
			g.places[c] = p
		}
	}
	if len(g.places) == 0 {
		return nil, fmt.Errorf("find cgroup of %s: no mount shows %q: mount the host's /sys/fs/cgroup read-write into the agent", of, paths(memberships))
	}
	return g, nil
}

// locate finds the mount that shows a group: a writable one before a read-only
// one, the last mounted before one that it may hide.
func locate(m membership, mounts []mount) (place, bool) {
	var best place
	var writable, found bool
	for _, mnt := range mounts {
		dir, ok := mnt.dir(m.path)
		if !ok || !mnt.holds(m) || (writable && !mnt.writable) || !isDir(dir) {
			continue
		}
		best, writable, found = place{version: mnt.version, dir: dir, mount: mnt.point, path: m.path}, mnt.writable, true
	}
	return best, found
}

func paths(ms []membership) string {
	var all []string
	for _, m := range ms {
		if !slices.Contains(all, m.path) {
			all = append(all, m.path)
		}
	}
	return strings.Join(all, ", ")
}

func isDir(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// PID is the process that the group was found by.
func (g *Group) PID() int { return g.pid }

// Process names that process.
func (g *Group) Process() Process { return Process{PID: g.pid, Start: g.start} }

// ContainerID is what the group's path was asked to contain.
func (g *Group) ContainerID() string { return g.id }

// Version is 1 when any controller that faults need is a v1 one, else 2.
func (g *Group) Version() int {
	for _, c := range []string{CPU, CPUAcct, Memory, Freezer} {
		if g.places[c].version == 1 {
			return 1
		}
	}
	return 2
}

// Mechanism names the kind of cgroup that the controller has, as attestations
// print it.
func (g *Group) Mechanism(controller string) string {
	p, err := g.at(controller)
	if err != nil {
		return "no cgroup"
	}
	return fmt.Sprintf("cgroup v%d", p.version)
}

// at is where a controller shows the group. The root of a hierarchy is no
// container's: a fault there would hit the whole machine.
func (g *Group) at(controller string) (place, error) {
	p, ok := g.places[controller]
	if !ok {
		p, ok = g.places[unified]
	}
	switch {
	case !ok:
		return place{}, fmt.Errorf("find %s cgroup of process %d: no hierarchy has that controller", controller, g.pid)
	case p.path == "/" || strings.HasPrefix(p.path, "/.."):
		return place{}, fmt.Errorf("find %s cgroup of process %d: it is in %q, which is no container's own group", controller, g.pid, p.path)
	case !strings.Contains(p.path, g.id):
		return place{}, fmt.Errorf("find %s cgroup of process %d: it is in %q, which does not name container %s", controller, g.pid, p.path, g.id)
	}
	return p, nil
}

// Dir is the group's directory for a controller.
func (g *Group) Dir(controller string) (string, error) {
	p, err := g.at(controller)
	return p.dir, err
}

// Has reports whether the kernel offers the group what a fault of that
// controller needs.
func (g *Group) Has(controller string) bool {
	file := map[string][2]string{
		CPU:     {"cpu.cfs_quota_us", "cpu.max"},
		CPUAcct: {"cpuacct.usage", "cpu.stat"},
		CPUSet:  {"cpuset.cpus", "cpuset.cpus"},
		Memory:  {"memory.usage_in_bytes", "memory.current"},
		Freezer: {"freezer.state", "cgroup.freeze"},
	}[controller]
	p, err := g.at(controller)
	if err != nil {
		return false
	}
	_, err = os.Stat(path.Join(p.dir, file[p.version-1]))
	return err == nil
}

// Exists reports whether the group's directory is still there.
func (g *Group) Exists() bool {
	for _, p := range g.places {
		if p.path != "/" && strings.Contains(p.path, g.id) && !isDir(p.dir) {
			return false
		}
	}
	return true
}

// Alive reports whether the process that the group was found by still runs.
func (g *Group) Alive() bool {
	state, start, err := g.stat()
	return err == nil && start == g.start && !dead(state)
}

func dead(state byte) bool { return state == 'Z' || state == 'X' }

func (g *Group) stat() (state byte, start uint64, err error) {
	data, err := os.ReadFile(filepath.Join(g.proc, strconv.Itoa(g.pid), "stat"))
	if err != nil {
		return 0, 0, err
	}
	return parseStat(string(data))
}

// ancestors calls visit with the group's directory and those above it, until
// visit says stop or the mount's root was visited.
func (p place) ancestors(visit func(dir string) (stop bool, err error)) error {
	for dir := p.dir; ; dir = path.Dir(dir) {
		if stop, err := visit(dir); stop || err != nil {
			return err
		}
		if dir == p.mount || len(dir) <= len(p.mount) {
			return nil
		}
	}
}
