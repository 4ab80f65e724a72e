package cgroup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// WorkingSet is the group's memory, in bytes, less the page cache that the
// kernel would give up first: what the kernel's out-of-memory killer and
// Kubernetes go by.
func (g *Group) WorkingSet() (uint64, error) {
	m, err := g.OpenWorkingSetMeter()
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }() // files that were only read
	return m.Read()
}

// WorkingSetMeter reads a group's working set again and again without taking
// memory for that, since a worker's own memory counts in the group.
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

// Read is the working set of now, in bytes.
func (m *WorkingSetMeter) Read() (uint64, error) {
	data, err := m.whole(m.usage)
	if err != nil {
		return 0, fmt.Errorf("read memory usage: %w", err)
	}
	used, limited, err := parseBytes(data)
	if err != nil || !limited {
		return 0, fmt.Errorf("read memory usage from %s: %q is no number of bytes: %w", m.usage.Name(), data, err)
	}
	if data, err = m.whole(m.stat); err != nil {
		return 0, fmt.Errorf("read %s: %w", m.inactive, err)
	}
	cache, err := parseKey(data, m.inactive)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", m.stat.Name(), err)
	}
	return used - min(cache, used), nil
}

// whole is what is in the file now; the next call overwrites it.
func (m *WorkingSetMeter) whole(f *os.File) ([]byte, error) {
	n, err := f.ReadAt(m.buffer, 0)
	switch {
	case err == nil:
		return nil, fmt.Errorf("read %s: more than %d bytes", f.Name(), len(m.buffer))
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return m.buffer[:n], nil
}
