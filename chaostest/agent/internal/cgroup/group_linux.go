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

// Group is the control group of a container as the engine made it, with all groups that
// the container has made below it: one directory on v2, and one for each controller on
// v1. It stays bound to the container's first process: a later process with the same
// number is not mistaken for it.
type Group struct {
	first  Process
	id     string
	proc   string
	places map[string]place
}

// place is the group's directory for one controller, and the mount that shows it.
// The walk to the group's ancestors ends at the mount.
type place struct {
	version          int
	dir, mount, path string
	// process is the path of the first process's own group: path, or a group below it.
	process string
	named   bool // whether the path names the container
}

// Of finds the control group of a running process. The caller must be in the host's PID
// and cgroup namespaces. If containerID is not empty, the group is the one that the
// engine has made for the container, even when the process is in a group below it. When
// no group of the process names the container, because another process has got the
// number meanwhile, that is an error, and no fault hits another container.
func Of(pid int, containerID string) (*Group, error) { return of("/proc", pid, containerID) }

func of(proc string, pid int, id string) (*Group, error) {
	whose := fmt.Sprintf("process %d", pid)
	if id != "" {
		whose += " of container " + id
	}
	g, err := find(proc, pid, id)
	if err != nil {
		return nil, fmt.Errorf("find cgroup of %s: %w", whose, err)
	}
	return g, nil
}

func find(proc string, pid int, id string) (*Group, error) {
	g := &Group{id: id, proc: proc, places: map[string]place{}}
	_, start, err := readStat(filepath.Join(proc, strconv.Itoa(pid)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such process: did the container stop, or is the agent outside the host's PID namespace?")
	}
	if err != nil {
		return nil, err
	}
	g.first = Process{PID: pid, Start: start}
	memberships, err := membershipsOf(proc, pid)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it has ended")
	}
	if err != nil {
		return nil, err
	}
	mounts, err := readMounts(proc)
	if err != nil {
		return nil, err
	}
	found := false
	for _, m := range memberships {
		if strings.HasPrefix(m.path, "/..") {
			return nil, fmt.Errorf("the process is in %q: the agent is outside the host's cgroup namespace: "+
				"start it with --cgroupns host, or give it CAP_SYS_ADMIN and CAP_SYS_PTRACE, so that it joins that namespace by itself", m.path)
		}
		process := m.path
		group, named := engineGroup(process, id)
		if named {
			m.path, found = group, true
		}
		p, ok := locate(m, mounts)
		if !ok {
			continue
		}
		p.process, p.named = process, named || id == ""
		if len(m.controllers) == 0 {
			g.places[unified] = p
		}
		for _, c := range m.controllers {
			g.places[c] = p
		}
	}
	switch {
	case id != "" && !found:
		return nil, fmt.Errorf("the process is in %q, which does not name the container: has its number passed to another process?", paths(memberships))
	case len(g.places) == 0:
		return nil, fmt.Errorf("no mount shows %q: mount the host's /sys/fs/cgroup read-write into the agent", paths(memberships))
	}
	return g, nil
}

// membershipsOf reads the groups of a process that runs.
func membershipsOf(proc string, pid int) ([]membership, error) {
	thread, err := Thread(proc, pid)
	if err != nil {
		return nil, err
	}
	lines, err := os.ReadFile(filepath.Join(thread, "cgroup"))
	if err != nil {
		return nil, err
	}
	return parseMemberships(string(lines))
}

// locate finds the mount that shows a group. It prefers a writable mount, and then
// the last one, because that may hide earlier ones.
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

// Process names the process that the group was found by.
func (g *Group) Process() Process { return g.first }

// ContainerID is the ID that the group's path names.
func (g *Group) ContainerID() string { return g.id }

// Version is 1 when a controller that faults need is on cgroup v1, and otherwise 2.
func (g *Group) Version() int {
	for _, c := range []string{CPU, CPUAcct, Memory, Freezer} {
		if g.places[c].version == 1 {
			return 1
		}
	}
	return 2
}

// Mechanism names the controller's kind of cgroup for attestations, for example
// "cgroup v2".
func (g *Group) Mechanism(controller string) string {
	p, err := g.at(controller)
	if err != nil {
		return "no cgroup"
	}
	return fmt.Sprintf("cgroup v%d", p.version)
}

// at returns the group's place for a controller. It refuses the root of a
// hierarchy: a fault there would hit the whole machine.
func (g *Group) at(controller string) (place, error) {
	p, ok := g.places[controller]
	if !ok {
		p, ok = g.places[unified]
	}
	switch {
	case !ok:
		return place{}, fmt.Errorf("find %s cgroup of process %d: no hierarchy has that controller", controller, g.first.PID)
	case p.path == "/":
		return place{}, fmt.Errorf("find %s cgroup of process %d: it is in %q, which is not a container's group", controller, g.first.PID, p.path)
	case !p.named:
		return place{}, fmt.Errorf("find %s cgroup of process %d: it is in %q, which does not name container %s", controller, g.first.PID, p.path, g.id)
	}
	return p, nil
}

// Dir is the group's directory for a controller.
func (g *Group) Dir(controller string) (string, error) {
	p, err := g.at(controller)
	return p.dir, err
}

// Has reports whether the kernel offers the group what faults of the controller
// need.
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
		if p.path != "/" && p.named && !isDir(p.dir) {
			return false
		}
	}
	return true
}

// Alive reports whether the process that the group was found by still runs.
func (g *Group) Alive() bool { return g.first.alive(g.proc) }

// below calls visit with the group's directory and with those of all groups below it.
func (p place) below(visit func(dir string) error) error {
	return filepath.WalkDir(p.dir, func(dir string, entry fs.DirEntry, err error) error {
		switch {
		case gone(err):
			return nil // a group that has just gone
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		}
		return visit(dir)
	})
}

// ancestors calls visit with the group's directory and then with those above it,
// until visit returns stop or the mount's root was visited.
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
