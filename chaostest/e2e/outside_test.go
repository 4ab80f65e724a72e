package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
)

// volatile is what changes by itself: how long addresses stay valid.
var volatile = regexp.MustCompile(`(valid_lft|preferred_lft|expires) \S+`)

// address is the container's IPv4 address.
func address(ctx context.Context, s *Service) netip.Addr {
	GinkgoHelper()
	state, err := s.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, all := range state.Addresses {
		for _, a := range all {
			if a.Is4() {
				return a
			}
		}
	}
	Fail("container " + s.Name() + " has no IPv4 address")
	return netip.Addr{}
}

var pingAverage = regexp.MustCompile(`= [\d.]+/([\d.]+)/`)

// ping is the average round trip from the host to the container.
func ping(ctx context.Context, s *Service) time.Duration {
	GinkgoHelper()
	output, err := exec.CommandContext(ctx, "ping", "-c", "5", "-i", "0.2", "-W", "5", address(ctx, s).String()).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(output))
	found := pingAverage.FindSubmatch(output)
	Expect(found).NotTo(BeNil(), string(output))
	ms, err := strconv.ParseFloat(string(found[1]), 64)
	Expect(err).NotTo(HaveOccurred())
	return time.Duration(ms * float64(time.Millisecond))
}

// cgroups are the directories of a process's cgroups by controller. The key "" is for
// cgroup v2.
func cgroups(pid int) map[string]string {
	GinkgoHelper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	Expect(err).NotTo(HaveOccurred())
	found := map[string]string{}
	for line := range strings.Lines(string(content)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		for controller := range strings.SplitSeq(parts[1], ",") {
			dir := filepath.Join("/sys/fs/cgroup", parts[1], parts[2])
			if parts[1] != controller {
				dir = filepath.Join("/sys/fs/cgroup", controller, parts[2])
			}
			if _, err := os.Stat(dir); err == nil {
				found[controller] = dir
			}
		}
	}
	return found
}

// limits are the files of a container's cgroups that faults might change.
func limits(pid int) []string {
	var files []string
	for _, dir := range cgroups(pid) {
		for _, name := range []string{
			"cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "freezer.state",
			"cpu.max", "cpu.weight", "memory.max", "memory.high", "memory.swap.max", "cgroup.freeze", "cgroup.procs",
		} {
			files = append(files, filepath.Join(dir, name))
		}
	}
	slices.Sort(files)
	return files
}

// number reads a number from the v1 file, or from the v2 file if there is no v1. It is
// the whole content, or the value after a key.
func number(pid int, controller, v1, v2, key string) uint64 {
	GinkgoHelper()
	dirs := cgroups(pid)
	dir, file := dirs[controller], v1
	if dir == "" {
		dir, file = dirs[""], v2
	}
	content, err := os.ReadFile(filepath.Join(dir, file))
	Expect(err).NotTo(HaveOccurred())
	text := string(bytes.TrimSpace(content))
	if key != "" {
		for line := range strings.Lines(text) {
			if value, ok := strings.CutPrefix(line, key+" "); ok {
				text = strings.TrimSpace(value)
			}
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	Expect(err).NotTo(HaveOccurred())
	return n
}

// cpuUsed is the processor time that the container's cgroup has used.
func cpuUsed(pid int) time.Duration {
	if _, v1 := cgroups(pid)["cpuacct"]; v1 {
		return time.Duration(number(pid, "cpuacct", "cpuacct.usage", "", ""))
	}
	return time.Duration(number(pid, "cpuacct", "", "cpu.stat", "usage_usec")) * time.Microsecond
}

// memoryUsed is the memory of the container's cgroup without page cache of files.
func memoryUsed(pid int) uint64 {
	if _, v1 := cgroups(pid)["memory"]; v1 {
		return number(pid, "memory", "memory.usage_in_bytes", "", "") -
			number(pid, "memory", "memory.stat", "", "total_inactive_file") - number(pid, "memory", "memory.stat", "", "total_active_file")
	}
	return number(pid, "memory", "", "memory.current", "") -
		number(pid, "memory", "", "memory.stat", "inactive_file") - number(pid, "memory", "", "memory.stat", "active_file")
}

// members are the processes in the container's cgroup.
func members(pid int, controller string) []string {
	GinkgoHelper()
	dir, ok := cgroups(pid)[controller]
	if !ok {
		dir = cgroups(pid)[""]
	}
	content, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	Expect(err).NotTo(HaveOccurred())
	return strings.Fields(string(content))
}

// frozen reports whether the container's freezer is anything but thawed.
func frozen(pid int) bool {
	GinkgoHelper()
	dirs := cgroups(pid)
	file, thawed := filepath.Join(dirs["freezer"], "freezer.state"), "THAWED"
	if dirs["freezer"] == "" {
		file, thawed = filepath.Join(dirs[""], "cgroup.freeze"), "0"
	}
	content, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(content)) != thawed
}

// quota is the container's CPU quota in each period, in microseconds.
func quota(pid int) string {
	GinkgoHelper()
	dirs := cgroups(pid)
	file := filepath.Join(dirs["cpu"], "cpu.cfs_quota_us")
	if dirs["cpu"] == "" {
		file = filepath.Join(dirs[""], "cpu.max")
	}
	content, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	return strings.Fields(string(content))[0]
}
