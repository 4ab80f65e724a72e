package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// OwnMemoryLimits returns an error when the limits of the group do not say what its
// processes may use together: on old kernels, v1 does not count in a group what is in
// those below it (use_hierarchy). Smaller is the directory of the first process's own
// group, if that is below and has a smaller limit, which is less.
func (g *Group) OwnMemoryLimits() (smaller string, less uint64, err error) {
	p, err := g.at(Memory)
	if err != nil {
		return "", 0, err
	}
	name := "memory.max"
	if p.version == 1 {
		name = "memory.limit_in_bytes"
		groups := 0
		if err := p.below(func(string) error { groups++; return nil }); err != nil {
			return "", 0, fmt.Errorf("list memory cgroups: %w", err)
		}
		if value, err := readSetting(path.Join(p.dir, "memory.use_hierarchy")); err == nil && value == "0" && groups > 1 {
			return "", 0, fmt.Errorf("the container has groups of its own below %s, which its limit does not cover, because memory.use_hierarchy is 0: "+
				"boot the host with systemd, or use Linux 5.11 or later", p.dir)
		}
	}
	limit, limited, err := g.MemoryLimit()
	if err != nil {
		return "", 0, err
	}
	for group := p.process; len(group) > len(p.path); group = path.Dir(group) {
		dir := p.dir + strings.TrimPrefix(group, p.path)
		value, err := readSetting(path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a group without the controller
		}
		n, has, err := parseBytes([]byte(value))
		if err != nil {
			return "", 0, fmt.Errorf("read memory limit of %s: %w", dir, err)
		}
		if has && (!limited || n < limit) {
			smaller, less, limit, limited = dir, n, n, true
		}
	}
	return smaller, less, nil
}

// OOMKills counts the processes of the group, and of those below it, that the kernel has
// killed because memory ran out. It needs Linux 4.13.
func (g *Group) OOMKills() (sum uint64, err error) {
	p, err := g.at(Memory)
	if err != nil {
		return 0, err
	}
	if p.version == 2 {
		return g.keyed(p, "memory.events", "oom_kill")
	}
	err = p.below(func(dir string) error { // v1 counts in each group what happens there
		n, err := g.keyed(place{dir: dir}, "memory.oom_control", "oom_kill")
		if gone(err) {
			return nil
		}
		sum += n
		return err
	})
	return sum, err
}

// OOMKillsAll reports whether an out-of-memory kill ends all processes of the
// group together (memory.oom.group of v2).
func (g *Group) OOMKillsAll() bool {
	p, err := g.at(Memory)
	if err != nil {
		return false
	}
	data, err := os.ReadFile(path.Join(p.dir, "memory.oom.group"))
	return err == nil && len(data) > 0 && data[0] == '1'
}
