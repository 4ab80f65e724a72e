package cgroup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// CPUQuota is how many processors' time the group may use: the smallest quota of
// the group and its ancestors, or the number of processors that it may run on if
// that is smaller. Limited reports whether a quota sets the limit.
func (g *Group) CPUQuota() (cores float64, limited bool, err error) {
	return g.cpuQuota(asItIs)
}

// CPUQuotaWithoutFaults is what CPUQuota would be if no fault had set a quota.
func (g *Group) CPUQuotaWithoutFaults() (cores float64, limited bool, err error) {
	return g.cpuQuota(withoutFault)
}

// cpuQuota passes each quota through adjust before it compares them.
func (g *Group) cpuQuota(adjust func(dir, file, value string) (string, error)) (cores float64, limited bool, err error) {
	cpus, err := g.processors()
	if err != nil {
		return 0, false, err
	}
	cores = float64(cpus)
	p, err := g.at(CPU)
	if err != nil {
		return 0, false, err
	}
	err = p.ancestors(func(dir string) (bool, error) {
		quota, has, err := readQuota(p.version, dir, adjust)
		if err != nil {
			return true, err
		}
		if has && quota < cores {
			cores, limited = quota, true
		}
		return false, nil
	})
	return cores, limited, err
}

// OwnCPUQuota is the quota of the group alone, without those above it.
func (g *Group) OwnCPUQuota() (cores float64, limited bool, err error) {
	p, err := g.at(CPU)
	if err != nil {
		return 0, false, err
	}
	return readQuota(p.version, p.dir, asItIs)
}

// CPUQuotaBelow is the largest quota of a group below this one, and that group's
// directory. cgroup v1 refuses a quota that is smaller than one below it.
func (g *Group) CPUQuotaBelow() (cores float64, dir string, err error) {
	p, err := g.at(CPU)
	if err != nil {
		return 0, "", err
	}
	err = p.below(func(below string) error {
		if below == p.dir {
			return nil
		}
		quota, limited, err := readQuota(p.version, below, asItIs)
		if limited && quota > cores {
			cores, dir = quota, below
		}
		return err
	})
	return cores, dir, err
}

func asItIs(_, _, value string) (string, error) { return value, nil }

func readQuota(version int, dir string, adjust func(dir, file, value string) (string, error)) (cores float64, limited bool, err error) {
	file, period := "cpu.max", ""
	if version == 1 {
		file = "cpu.cfs_quota_us"
		period, err = readSetting(path.Join(dir, "cpu.cfs_period_us"))
	}
	var quota string
	if err == nil {
		quota, err = readSetting(path.Join(dir, file))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil // the root, or a group without the controller, has no quota
	}
	if err == nil {
		quota, err = adjust(dir, file, quota)
	}
	if err == nil && version == 1 {
		cores, limited, err = parseQuota(quota, period)
	} else if err == nil {
		cores, limited, err = parseCPUMax(quota)
	}
	if err != nil {
		return 0, false, fmt.Errorf("read CPU quota from %s: %w", path.Join(dir, file), err)
	}
	return cores, limited, nil
}

// processors counts the processors that the group may run on. It asks the group's
// cpuset, and where there is none, the affinity of the group's process.
func (g *Group) processors() (n int, err error) {
	if p, err := g.at(CPUSet); err == nil {
		names := []string{"cpuset.cpus.effective"}
		if p.version == 1 {
			names = []string{"cpuset.effective_cpus", "cpuset.cpus"}
		}
		err = p.ancestors(func(dir string) (bool, error) {
			for _, name := range names {
				data, err := os.ReadFile(path.Join(dir, name))
				if err != nil || len(data) <= 1 {
					continue
				}
				n, err = parseCPUList(string(data))
				return true, err
			}
			return false, nil
		})
		if err != nil {
			return 0, fmt.Errorf("read processors of cgroup %s: %w", p.dir, err)
		}
		if n > 0 {
			return n, nil
		}
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(g.first.PID, &set); err != nil {
		return 0, fmt.Errorf("read processors of process %d: %w", g.first.PID, err)
	}
	return set.Count(), nil
}

// CPUMeter reads the group's processor time repeatedly from one open file.
type CPUMeter struct {
	version int
	file    *os.File
	buffer  []byte
}

// OpenCPUMeter opens the group's usage counter. The caller closes it.
func (g *Group) OpenCPUMeter() (*CPUMeter, error) {
	p, err := g.at(CPUAcct)
	if err != nil {
		return nil, err
	}
	name := "cpu.stat"
	if p.version == 1 {
		name = "cpuacct.usage"
	}
	file, err := os.Open(path.Join(p.dir, name))
	if err != nil {
		return nil, fmt.Errorf("open CPU usage: %w", err)
	}
	return &CPUMeter{version: p.version, file: file, buffer: make([]byte, 4096)}, nil
}

// Read returns the processor time that the group has used since it was made.
func (m *CPUMeter) Read() (time.Duration, error) {
	n, err := m.file.ReadAt(m.buffer, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read CPU usage: %w", err)
	}
	used, err := parseUsage(m.version, m.buffer[:n])
	if err != nil {
		return 0, fmt.Errorf("read CPU usage from %s: %w", m.file.Name(), err)
	}
	return used, nil
}

// Close closes the counter's file.
func (m *CPUMeter) Close() error { return m.file.Close() }

// CPUUsage returns the processor time that the group has used since it was made.
func (g *Group) CPUUsage() (time.Duration, error) {
	m, err := g.OpenCPUMeter()
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }() // a file that was only read
	return m.Read()
}
