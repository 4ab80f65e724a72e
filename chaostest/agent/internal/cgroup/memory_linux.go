package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// MemoryLimit is the smallest memory limit, in bytes, of the group and its
// ancestors. Limited is false when there is none.
func (g *Group) MemoryLimit() (limit uint64, limited bool, err error) {
	p, err := g.at(Memory)
	if err != nil {
		return 0, false, err
	}
	name := "memory.max"
	if p.version == 1 {
		name = "memory.limit_in_bytes"
	}
	err = p.ancestors(func(dir string) (bool, error) {
		data, err := os.ReadFile(path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && dir != p.dir {
			return false, nil // v2 has no limit at its root
		}
		if err != nil {
			return true, fmt.Errorf("read memory limit: %w", err)
		}
		n, has, err := parseBytes(data)
		if err != nil {
			return true, fmt.Errorf("read memory limit from %s: %w", path.Join(dir, name), err)
		}
		if has && (!limited || n < limit) {
			limit, limited = n, true
		}
		return false, nil
	})
	return limit, limited, err
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
