package cgroup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// WorkingSet is the group's memory, in bytes, without the page cache that the
// kernel would give up first. The kernel's out-of-memory killer and Kubernetes
// go by it.
func (g *Group) WorkingSet() (uint64, error) {
	m, err := g.OpenWorkingSetMeter()
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }() // files that were only read
	return m.Read()
}

// WorkingSetMeter reads a group's working set repeatedly. It allocates nothing for
// that, since the memory of a worker counts in the group.
type WorkingSetMeter struct {
	usage, stat *os.File
	inactive    string // the name of the inactive page cache in stat
	buffer      []byte
}

// mostStat is more than the kernel writes into memory.stat.
const mostStat = 16 << 10

// OpenWorkingSetMeter opens the group's counters. The caller closes it.
func (g *Group) OpenWorkingSetMeter() (*WorkingSetMeter, error) {
	p, err := g.at(Memory)
	if err != nil {
		return nil, err
	}
	current, inactive := "memory.current", "inactive_file"
	if p.version == 1 {
		current, inactive = "memory.usage_in_bytes", "total_inactive_file"
	}
	usage, err := os.Open(path.Join(p.dir, current))
	if err != nil {
		return nil, fmt.Errorf("read memory usage: %w", err)
	}
	stat, err := os.Open(path.Join(p.dir, "memory.stat"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", inactive, err), usage.Close())
	}
	return &WorkingSetMeter{usage, stat, inactive, make([]byte, mostStat)}, nil
}

// Close closes the counters' files.
func (m *WorkingSetMeter) Close() error { return errors.Join(m.usage.Close(), m.stat.Close()) }

// Read returns the present working set, in bytes.
func (m *WorkingSetMeter) Read() (uint64, error) {
	data, err := m.readAll(m.usage)
	if err != nil {
		return 0, fmt.Errorf("read memory usage: %w", err)
	}
	used, limited, err := parseBytes(data)
	if err != nil || !limited {
		return 0, fmt.Errorf("read memory usage from %s: %q is not a number of bytes: %w", m.usage.Name(), data, err)
	}
	if data, err = m.readAll(m.stat); err != nil {
		return 0, fmt.Errorf("read %s: %w", m.inactive, err)
	}
	cache, err := parseKey(data, m.inactive)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", m.stat.Name(), err)
	}
	return used - min(cache, used), nil
}

// readAll returns the whole file. The next call overwrites it.
func (m *WorkingSetMeter) readAll(f *os.File) ([]byte, error) {
	n, err := f.ReadAt(m.buffer, 0)
	switch {
	case err == nil:
		return nil, fmt.Errorf("read %s: more than %d bytes", f.Name(), len(m.buffer))
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return m.buffer[:n], nil
}
