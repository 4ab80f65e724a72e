package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
)

// MemoryUsed is the group's memory, in bytes, without the page cache of files. The kernel
// gives that up, whether it is often read (active) or not, before it kills a process.
// The working set that Kubernetes evicts by is another number: it counts the active part.
func (g *Group) MemoryUsed() (uint64, error) {
	m, err := g.OpenMemoryMeter()
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }() // files that were only read
	return m.Used()
}

// MemoryLimit is the smallest memory limit, in bytes, of the group and its
// ancestors. Limited is false when there is none.
func (g *Group) MemoryLimit() (limit uint64, limited bool, err error) {
	p, err := g.at(Memory)
	if err != nil {
		return 0, false, err
	}
	m := &MemoryMeter{buffer: make([]byte, 64)}
	defer func() { _ = m.Close() }() // files that were only read
	if err := m.openLimits(p); err != nil {
		return 0, false, err
	}
	return m.Limit()
}

// MemoryMeter reads a group's memory and its limit repeatedly. It allocates nothing for
// that, since the memory of a worker counts in the group.
type MemoryMeter struct {
	usage, stat *os.File
	limits      []*os.File // of the group and those above it
	cache       [2]string  // the names of the page cache's parts in stat
	buffer      []byte
}

// mostStat is more than the kernel writes into memory.stat.
const mostStat = 16 << 10

// OpenMemoryMeter opens the group's counters and limits. The caller closes it.
func (g *Group) OpenMemoryMeter() (*MemoryMeter, error) {
	p, err := g.at(Memory)
	if err != nil {
		return nil, err
	}
	usage, prefix := "memory.current", ""
	if p.version == 1 {
		usage, prefix = "memory.usage_in_bytes", "total_"
	}
	m := &MemoryMeter{cache: [2]string{prefix + "inactive_file", prefix + "active_file"}, buffer: make([]byte, mostStat)}
	m.usage, err = os.Open(path.Join(p.dir, usage))
	if err == nil {
		m.stat, err = os.Open(path.Join(p.dir, "memory.stat"))
	}
	if err == nil {
		err = m.openLimits(p)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open memory counters: %w", err), m.Close())
	}
	return m, nil
}

func (m *MemoryMeter) openLimits(p place) error {
	name := "memory.max"
	if p.version == 1 {
		name = "memory.limit_in_bytes"
	}
	return p.ancestors(func(dir string) (bool, error) {
		file, err := os.Open(path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && dir != p.dir {
			return false, nil // v2 has no limit at its root
		}
		if err != nil {
			return true, fmt.Errorf("read memory limit: %w", err)
		}
		m.limits = append(m.limits, file)
		return false, nil
	})
}

// Close closes the files.
func (m *MemoryMeter) Close() error {
	var errs []error
	for _, f := range append([]*os.File{m.usage, m.stat}, m.limits...) {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Used returns the present MemoryUsed.
func (m *MemoryMeter) Used() (uint64, error) {
	data, err := m.readAll(m.usage)
	if err != nil {
		return 0, fmt.Errorf("read memory usage: %w", err)
	}
	used, limited, err := parseBytes(data)
	if err != nil || !limited {
		return 0, fmt.Errorf("read memory usage from %s: %q is not a number of bytes: %w", m.usage.Name(), data, err)
	}
	if data, err = m.readAll(m.stat); err != nil {
		return 0, fmt.Errorf("read page cache: %w", err)
	}
	for _, part := range m.cache {
		cache, err := parseKey(data, part)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", m.stat.Name(), err)
		}
		used -= min(cache, used)
	}
	return used, nil
}

// Limit returns the present MemoryLimit.
func (m *MemoryMeter) Limit() (limit uint64, limited bool, err error) {
	limit = math.MaxUint64
	for _, f := range m.limits {
		data, err := m.readAll(f)
		if err != nil {
			return 0, false, fmt.Errorf("read memory limit: %w", err)
		}
		n, has, err := parseBytes(bytes.TrimSpace(data))
		if err != nil {
			return 0, false, fmt.Errorf("read memory limit from %s: %w", f.Name(), err)
		}
		if has && n < limit {
			limit, limited = n, true
		}
	}
	if !limited {
		return 0, false, nil
	}
	return limit, true, nil
}

// readAll returns the whole file. The next call overwrites it.
func (m *MemoryMeter) readAll(f *os.File) ([]byte, error) {
	n, err := f.ReadAt(m.buffer, 0)
	switch {
	case err == nil:
		return nil, fmt.Errorf("read %s: more than %d bytes", f.Name(), len(m.buffer))
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return m.buffer[:n], nil
}
