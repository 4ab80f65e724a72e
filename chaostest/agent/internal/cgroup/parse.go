// Package cgroup finds the control group of a container's process, on cgroup v1,
// v2 and mixtures of both. It reads and writes the few files that the agent's
// injectors need.
package cgroup

import (
	"bytes"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unified is the key of the v2 hierarchy: its line in /proc/PID/cgroup names no
// controllers.
const unified = ""

// membership is one line of /proc/PID/cgroup.
type membership struct {
	controllers []string // empty for v2
	path        string
}

func parseMemberships(data string) ([]membership, error) {
	var all []membership
	for line := range strings.Lines(data) {
		line = strings.TrimSuffix(line, "\n")
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 || !strings.HasPrefix(parts[2], "/") {
			return nil, fmt.Errorf("parse line %q: not ID:CONTROLLERS:/PATH", line)
		}
		m := membership{path: parts[2]}
		if parts[1] != unified {
			m.controllers = strings.Split(parts[1], ",")
		}
		all = append(all, m)
	}
	return all, nil
}

// mount is one cgroup file system of /proc/self/mountinfo.
type mount struct {
	root, point string
	version     int
	options     []string // of the file system: v1 names its controllers here
	writable    bool
}

func parseMounts(data string) ([]mount, error) {
	var all []mount
	for line := range strings.Lines(data) {
		left, right, found := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !found || len(l) < 6 || len(r) < 1 {
			return nil, fmt.Errorf("parse line %q: not a line of mountinfo", line)
		}
		m := mount{root: unescape(l[3]), point: unescape(l[4]), writable: slices.Contains(strings.Split(l[5], ","), "rw")}
		switch {
		case r[0] == "cgroup" && len(r) >= 3:
			m.version, m.options = 1, strings.Split(r[2], ",")
		case r[0] == "cgroup2":
			m.version = 2
		default:
			continue
		}
		all = append(all, m)
	}
	return all, nil
}

// unescape undoes mountinfo's octal escapes of space, tab, newline and backslash.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// dir is where the mount shows the group with this path. It is false when the
// mount does not show it.
func (m mount) dir(group string) (string, bool) {
	if m.root == "/" {
		return path.Join(m.point, group), true
	}
	if group != m.root && !strings.HasPrefix(group, m.root+"/") {
		return "", false
	}
	return path.Join(m.point, strings.TrimPrefix(group, m.root)), true
}

func (m mount) holds(of membership) bool {
	if len(of.controllers) == 0 {
		return m.version == 2
	}
	for _, c := range of.controllers {
		if m.version != 1 || !slices.Contains(m.options, c) {
			return false
		}
	}
	return true
}

// parseCPUMax reads v2's cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD".
func parseCPUMax(s string) (cores float64, limited bool, err error) {
	f := strings.Fields(s)
	if len(f) != 2 {
		return 0, false, fmt.Errorf("parse %q: not QUOTA PERIOD", s)
	}
	if f[0] == "max" {
		return 0, false, nil
	}
	return parseQuota(f[0], f[1])
}

// parseQuota reads a quota and its period, both in microseconds. On v1, -1 means no
// quota.
func parseQuota(quota, period string) (cores float64, limited bool, err error) {
	q, err := strconv.ParseInt(strings.TrimSpace(quota), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("parse quota: %w", err)
	}
	p, err := strconv.ParseInt(strings.TrimSpace(period), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("parse period: %w", err)
	}
	if p <= 0 || q == 0 || q < -1 {
		return 0, false, fmt.Errorf("parse quota %d of period %d: out of range", q, p)
	}
	if q == -1 {
		return 0, false, nil
	}
	return float64(q) / float64(p), true, nil
}

// noLimit is a bit less than the number that v1 shows for "no limit", the largest
// number of whole pages in 63 bits. No machine has that much memory.
const noLimit = 1 << 62

func parseBytes(s []byte) (n uint64, limited bool, err error) {
	s = bytes.TrimSpace(s)
	if string(s) == "max" {
		return 0, false, nil
	}
	n, err = strconv.ParseUint(string(s), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("parse bytes: %w", err)
	}
	if n >= noLimit {
		return 0, false, nil
	}
	return n, true, nil
}

// parseKey finds "KEY NUMBER" in a flat keyed file such as memory.stat.
func parseKey(data []byte, key string) (uint64, error) {
	for line := range bytes.Lines(data) {
		name, number, found := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if !found || string(name) != key {
			continue
		}
		n, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("parse %s: %w", key, err)
		}
		return n, nil
	}
	return 0, fmt.Errorf("find %s: no such line", key)
}

// parseCPUList counts the processors in a list such as "0-3,7".
func parseCPUList(s string) (int, error) {
	n := 0
	for part := range strings.SplitSeq(strings.TrimSpace(s), ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.ParseUint(first, 10, 16)
		b := a
		if err == nil && isRange {
			b, err = strconv.ParseUint(last, 10, 16)
		}
		if err != nil || b < a {
			return 0, fmt.Errorf("parse list of processors %q: not like 0-3,7", s)
		}
		n += int(b-a) + 1
	}
	return n, nil
}

// parseUsage reads the processor time of v1's cpuacct.usage (nanoseconds) or v2's cpu.stat.
func parseUsage(version int, data []byte) (time.Duration, error) {
	if version == 1 {
		n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("parse processor time %q: not nanoseconds", bytes.TrimSpace(data))
		}
		return time.Duration(n), nil
	}
	n, err := parseKey(data, "usage_usec")
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt64/uint64(time.Microsecond) {
		return 0, fmt.Errorf("parse processor time: %d us are out of range", n)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// parseStat reads the state and the start time, in clock ticks since boot, from /proc/PID/stat.
func parseStat(data string) (state byte, start uint64, err error) {
	// The name in parentheses may itself hold spaces and parentheses.
	end := strings.LastIndexByte(data, ')')
	f := strings.Fields(data[end+1:])
	if end < 0 || len(f) < 20 {
		return 0, 0, fmt.Errorf("parse %q: not /proc/PID/stat", data)
	}
	start, err = strconv.ParseUint(f[19], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("parse start time: %w", err)
	}
	state = f[0][0]
	// A thread that is on its way out still has a living state, but has left its cgroups.
	const exiting = 0x4 // PF_EXITING of the kernel's flags
	if flags, err := strconv.ParseUint(f[6], 10, 64); err == nil && flags&exiting != 0 && !dead(state) {
		state = 'X'
	}
	return state, start, nil
}
