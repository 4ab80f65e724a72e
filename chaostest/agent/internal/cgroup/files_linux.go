package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// write writes a value to a kernel file in one call, as the kernel requires.
func write(file, value string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// Join moves a process into the group of each of these controllers. On v2 they are one
// group with all controllers. Where the kernel refuses that, because the container has
// made groups of its own there, it makes a leaf below for the process. The caller
// removes the leaf once the process has ended (see RemoveLeaf).
func (g *Group) Join(pid int, controllers ...string) (leaf string, err error) {
	dirs, err := g.dirs(controllers)
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		err := enter(dir, strconv.Itoa(pid))
		if errors.Is(err, unix.EBUSY) {
			leaf, err = enterLeaf(dir, fmt.Sprintf("%s%d", workerPrefix, pid), strconv.Itoa(pid))
		}
		switch {
		case errors.Is(err, unix.EOPNOTSUPP):
			return leaf, fmt.Errorf("move process %d into cgroup %s: it takes single threads only (cgroup.type is threaded): %w", pid, dir, err)
		case errors.Is(err, unix.EROFS), errors.Is(err, fs.ErrPermission):
			return leaf, fmt.Errorf("move process %d into cgroup %s: mount the host's /sys/fs/cgroup read-write into the agent, and run it as root: %w", pid, dir, err)
		case err != nil:
			return leaf, fmt.Errorf("move process %d into cgroup %s: %w", pid, dir, err)
		}
	}
	return leaf, nil
}

// Holds reports whether the kernel has the process in the group of each of these
// controllers, or in a group below. A process that has ended is in none.
func (g *Group) Holds(pid int, controllers ...string) (bool, error) {
	all, err := membershipsOf(g.proc, pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read cgroups of process %d: %w", pid, err)
	}
	for _, c := range controllers {
		p, err := g.at(c)
		if err != nil {
			return false, err
		}
		in := slices.ContainsFunc(all, func(m membership) bool {
			return (slices.Contains(m.controllers, c) || p.version == 2 && len(m.controllers) == 0) &&
				strings.HasPrefix(m.path+"/", p.path+"/")
		})
		if !in {
			return false, nil
		}
	}
	return true, nil
}

func (g *Group) dirs(controllers []string) ([]string, error) {
	var dirs []string
	for _, c := range controllers {
		p, err := g.at(c)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(dirs, p.dir) {
			dirs = append(dirs, p.dir)
		}
	}
	return dirs, nil
}

// limits are the files of each controller that limit the group, on v1 and on v2.
var limits = map[string][2][]string{
	CPU:     {{"cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.cfs_burst_us", "cpu.shares", "cpu.idle"}, {"cpu.max", "cpu.max.burst", "cpu.weight", "cpu.idle"}},
	CPUAcct: {},
	CPUSet:  {{"cpuset.cpus", "cpuset.mems"}, {"cpuset.cpus", "cpuset.mems"}},
	Memory: {
		{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.swappiness"},
		{"memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.max", "memory.oom.group"},
	},
	Freezer: {{"freezer.state"}, {"cgroup.freeze"}},
}

// Snapshot holds the limits of a group without those that faults have set.
type Snapshot struct {
	controllers []string
	files       map[string]string // by path
}

// Snapshot reads the files of these controllers that limit the group. It leaves out
// files that this kernel does not have. Where a fault has set a file, it takes the
// value from before, so that a fault that begins or ends later is not a change.
func (g *Group) Snapshot(controllers ...string) (Snapshot, error) {
	s := Snapshot{controllers: controllers, files: map[string]string{}}
	for _, c := range controllers {
		p, err := g.at(c)
		if err != nil {
			return Snapshot{}, err
		}
		for _, name := range limits[c][p.version-1] {
			file := path.Join(p.dir, name)
			data, err := os.ReadFile(file)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return Snapshot{}, fmt.Errorf("read limit: %w", err)
			}
			if s.files[file], err = withoutFault(p.dir, name, strings.TrimSpace(string(data))); err != nil {
				return Snapshot{}, err
			}
		}
	}
	return s, nil
}

// Change is a limit of a group that differs from an earlier snapshot.
type Change struct{ File, Was, Is string }

// Changes compares the group with an earlier snapshot, in the order of the files. For a
// group that is gone there are none.
func (g *Group) Changes(before Snapshot) ([]Change, error) {
	after, err := g.Snapshot(before.controllers...)
	if !g.Exists() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Change
	for _, file := range slices.Sorted(maps.Keys(before.files)) {
		if was, is := before.files[file], after.files[file]; is != was {
			all = append(all, Change{file, was, is})
		}
	}
	return all, nil
}

// Unchanged returns an error that says what differs from an earlier snapshot.
func (g *Group) Unchanged(before Snapshot) error {
	all, err := g.Changes(before)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range all {
		errs = append(errs, fmt.Errorf("compare %s: it was %q before the fault and is %q now", c.File, c.Was, c.Is))
	}
	return errors.Join(errs...)
}

// Number reads the number after a key in a file of the controller, for example
// after nr_throttled in cpu.stat.
func (g *Group) Number(controller, file, key string) (uint64, error) {
	p, err := g.at(controller)
	if err != nil {
		return 0, err
	}
	return g.keyed(p, file, key)
}

func (g *Group) keyed(p place, name, key string) (uint64, error) {
	file := path.Join(p.dir, name)
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", key, err)
	}
	n, err := parseKey(data, key)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	return n, nil
}
