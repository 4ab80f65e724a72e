package cgrouptest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (b *Box) read(t testing.TB, controller, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dirs[controller], file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// field is the number after a key in a file of keys and numbers.
func (b *Box) field(t testing.TB, controller, file, key string) int {
	t.Helper()
	f := strings.Fields(b.read(t, controller, file))
	at := slices.Index(f, key)
	if at < 0 {
		t.Fatalf("%s has no %s", file, key)
	}
	return number(t, f[at+1])
}

// CPUTime is the processor time used in the box.
func (b *Box) CPUTime(t testing.TB) time.Duration {
	t.Helper()
	if b.v2 {
		return time.Duration(b.field(t, "cpu", "cpu.stat", "usage_usec")) * time.Microsecond
	}
	return time.Duration(number(t, b.read(t, "cpuacct", "cpuacct.usage")))
}

// Throttled counts the quota's periods in which the box was throttled.
func (b *Box) Throttled(t testing.TB) int {
	t.Helper()
	return b.field(t, "cpu", "cpu.stat", "nr_throttled")
}

// Mapped is the memory of the box's processes without the page cache. It comes
// from their page tables and is exact, while the kernel's count for a cgroup may
// be two seconds and hundreds of pages late. It needs Linux 4.14.
func (b *Box) Mapped(t testing.TB) int {
	t.Helper()
	sum := 0
	for _, pid := range b.Processes(t) {
		file := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("read what a process of the box has mapped: %v", err)
		}
		_, after, found := strings.Cut(string(data), "\nAnonymous:")
		if !found {
			t.Fatalf("%s has no line of anonymous memory:\n%s", file, data)
		}
		line, _, _ := strings.Cut(after, "\n")
		sum += number(t, strings.TrimSuffix(strings.TrimSpace(line), " kB")) << 10
	}
	return sum
}

// MemoryUsed is the box's memory without the page cache.
func (b *Box) MemoryUsed(t testing.TB) int {
	t.Helper()
	usage := "memory.usage_in_bytes"
	if b.v2 {
		usage = "memory.current"
	}
	return number(t, b.read(t, "memory", usage)) - b.PageCache(t)
}

// PageCache is the box's page cache of files, active and inactive.
func (b *Box) PageCache(t testing.TB) int {
	t.Helper()
	prefix := "total_"
	if b.v2 {
		prefix = ""
	}
	return b.field(t, "memory", "memory.stat", prefix+"inactive_file") + b.field(t, "memory", "memory.stat", prefix+"active_file")
}

// Processes lists the processes of the box and of all groups below it, in all its
// hierarchies, in order.
func (b *Box) Processes(t testing.TB) []int {
	t.Helper()
	var all []int
	for _, group := range b.Groups(t) {
		procs, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
		if err != nil && !os.IsNotExist(err) { // a group that has just gone
			t.Fatal(err)
		}
		for pid := range strings.FieldsSeq(string(procs)) {
			all = append(all, number(t, pid))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Groups lists the directories of the box and of all groups below it.
func (b *Box) Groups(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, top := range b.dirs {
		err := filepath.WalkDir(top, func(dir string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() && !slices.Contains(all, dir) {
				all = append(all, dir)
			}
			return nil // a group that has just gone
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return all
}

// Files returns the box's settings by path: all its files except counters.
func (b *Box) Files(t testing.TB) map[string]string {
	t.Helper()
	counters := []string{
		"usage", "stat", "current", "failcnt", "peak", "events", "pressure", "procs", "tasks", "threads", "slabinfo",
		"numa", "oom_control", "shown_ram",
	}
	all := map[string]string{}
	for _, dir := range b.dirs {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			isCounter := slices.ContainsFunc(counters, func(c string) bool { return strings.Contains(f.Name(), c) })
			if data, err := os.ReadFile(filepath.Join(dir, f.Name())); err == nil && !isCounter {
				all[filepath.Join(dir, f.Name())] = string(data)
			}
		}
	}
	return all
}
