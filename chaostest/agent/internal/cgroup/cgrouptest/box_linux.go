package cgrouptest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RequireRoot is the variable that promises root and writable cgroups. When it is
// 1, a test that lacks them fails and is not skipped.
const RequireRoot = "CHAOSGATE_REQUIRE_ROOT"

// root is where every distribution mounts cgroups.
const root = "/sys/fs/cgroup"

// Limits are the limits of a box. Zero means no limit.
type Limits struct {
	CPU    float64 // processors
	Memory int     // bytes
}

// Box is a cgroup for one test, on v2 or in the v1 hierarchies. It stands for a
// container: Name is the container's ID.
type Box struct {
	Name string
	dirs map[string]string // by controller
	v2   bool
}

// V2 reports whether this machine's controllers are in cgroup v2.
func V2() bool {
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return err == nil
}

// NewBox makes a cgroup and removes it when the test ends. The test fails if the
// box cannot be removed, for example because a process is still in it.
func NewBox(t testing.TB, limits Limits) *Box {
	t.Helper()
	b := &Box{Name: fmt.Sprintf("chaosgate-test-%x", rand.Uint64()), dirs: map[string]string{}, v2: V2()}
	controllers := []string{"cpu", "cpuacct", "cpuset", "memory", "freezer"}
	if b.v2 {
		_ = os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+cpu +memory +pids"), 0) // read back below
		have, _ := os.ReadFile(filepath.Join(root, "cgroup.subtree_control"))
		for _, c := range []string{"cpu", "memory"} {
			if !strings.Contains(string(have), c) {
				skipOrFail(t, fmt.Sprintf("cgroup v2 without the %s controller: it enables %q", c, have))
			}
		}
	}
	for _, c := range controllers {
		dir := filepath.Join(root, c, b.Name)
		if b.v2 {
			dir = filepath.Join(root, b.Name)
		}
		if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
			skipOrFail(t, "no writable cgroup: "+err.Error())
		}
		b.dirs[c] = dir
	}
	t.Cleanup(func() { b.remove(t) })
	b.limit(t, limits)
	return b
}

func skipOrFail(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(RequireRoot) == "1" {
		t.Fatalf("%s=1 promised root and cgroups, but: %s", RequireRoot, what)
	}
	t.Skip("needs root and writable cgroups: " + what)
}

func (b *Box) limit(t testing.TB, limits Limits) {
	t.Helper()
	quota := strconv.Itoa(int(limits.CPU * 100_000))
	// A box with a quota gets the largest weight, so that other work on the machine
	// disturbs it little. A box without a quota would leave the agent no time.
	switch {
	case b.v2:
		if limits.CPU > 0 {
			b.write(t, "cpu", "cpu.weight", "10000")
			b.write(t, "cpu", "cpu.max", quota+" 100000")
		}
		if limits.Memory > 0 {
			b.write(t, "memory", "memory.max", strconv.Itoa(limits.Memory))
		}
		return
	case limits.CPU > 0:
		b.write(t, "cpu", "cpu.cfs_quota_us", quota)
	}
	if limits.CPU > 0 {
		b.write(t, "cpu", "cpu.shares", "262144")
	}
	if limits.Memory > 0 {
		b.write(t, "memory", "memory.limit_in_bytes", strconv.Itoa(limits.Memory))
	}
	b.inheritCPUSet(t, &Box{dirs: map[string]string{"cpuset": filepath.Join(root, "cpuset")}})
}

// Sub makes a group below the box, as a container does that moves its processes about.
// The group is removed when the test ends.
func (b *Box) Sub(t testing.TB, name string) *Box {
	t.Helper()
	sub := &Box{Name: b.Name, dirs: map[string]string{}, v2: b.v2}
	for c, dir := range b.dirs {
		sub.dirs[c] = filepath.Join(dir, name)
		if err := os.Mkdir(sub.dirs[c], 0o755); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { sub.remove(t) })
	if !b.v2 {
		sub.inheritCPUSet(t, b)
	}
	return sub
}

// Delegate hands the controllers of a v2 box on to the groups below it. From then on
// the box itself takes no process. A v1 box has no such rule.
func (b *Box) Delegate(t testing.TB) {
	t.Helper()
	if b.v2 {
		b.write(t, "cpu", "cgroup.subtree_control", "+cpu +memory")
	}
}

// inheritCPUSet fills a v1 cpuset, which is empty at first and takes no process then.
func (b *Box) inheritCPUSet(t testing.TB, from *Box) {
	t.Helper()
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		b.write(t, "cpuset", file, from.read(t, "cpuset", file))
	}
}

func (b *Box) write(t testing.TB, controller, file, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dirs[controller], file), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// Set sets a file of the box, as another program would.
func (b *Box) Set(t testing.TB, controller, file, value string) {
	t.Helper()
	b.write(t, controller, file, value)
}

// Join moves a process into the box.
func (b *Box) Join(t testing.TB, pid int) {
	t.Helper()
	for c := range b.dirs {
		b.write(t, c, "cgroup.procs", strconv.Itoa(pid))
	}
}

// JoinSelf moves this process into the box's freezer, and moves it back when the
// test ends.
func (b *Box) JoinSelf(t testing.TB) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	mark, hierarchy := ":freezer:", filepath.Join(root, "freezer")
	if b.v2 {
		mark, hierarchy = "0::", root
	}
	_, rest, found := strings.Cut(string(data), mark)
	if !found {
		t.Fatalf("find this process's freezer in %q: no line with %s", data, mark)
	}
	home, _, _ := strings.Cut(rest, "\n")
	self := []byte(strconv.Itoa(os.Getpid()))
	t.Cleanup(func() {
		if err := os.WriteFile(filepath.Join(hierarchy, home, "cgroup.procs"), self, 0); err != nil {
			t.Error(err)
		}
	})
	b.write(t, "freezer", "cgroup.procs", string(self))
}

func (b *Box) remove(t testing.TB) {
	for _, dir := range b.dirs {
		// A process leaves its cgroup a moment after it was reaped.
		deadline := time.Now().Add(10 * time.Second)
		for {
			err := syscall.Rmdir(dir)
			if err == nil || err == syscall.ENOENT {
				break
			}
			if time.Now().After(deadline) {
				procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
				t.Errorf("remove %s: %v: still there: %q", dir, err, procs)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
