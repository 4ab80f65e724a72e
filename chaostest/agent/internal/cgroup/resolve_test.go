//go:build linux

package cgroup

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// host writes the files of a machine's /proc and cgroup mounts: the lines of
// /proc/7/cgroup, the lines of mountinfo (ROOT stands for the directory), and the
// cgroups' files.
func host(t *testing.T, cgroups, mountinfo string, files map[string]string) (proc, root string) {
	t.Helper()
	root = t.TempDir()
	proc = filepath.Join(root, "proc")
	all := map[string]string{
		"proc/7/stat":         "7 (shop) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9876 1000 2 184467",
		"proc/7/cgroup":       cgroups,
		"proc/self/mountinfo": strings.ReplaceAll(mountinfo, "ROOT", root),
	}
	maps.Copy(all, files)
	for name, text := range all {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return proc, root
}

const id = "4f5e9a"

func TestResolve(t *testing.T) {
	const v2 = "30 20 0:26 / ROOT/cg rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	for name, c := range map[string]struct {
		cgroups, mounts string
		files           map[string]string
		cpu, memory     string // directories
		version         int
		cores           float64
		limit           uint64
	}{
		"v2, systemd": {
			cgroups: "0::/system.slice/docker-4f5e9a.scope\n", mounts: v2,
			files: map[string]string{
				"cg/system.slice/docker-4f5e9a.scope/cpu.max":    "50000 100000\n",
				"cg/system.slice/docker-4f5e9a.scope/memory.max": "67108864\n",
				"cg/system.slice/memory.max":                     "max\n",
				"cg/cpuset.cpus.effective":                       "0-3\n",
			},
			cpu: "cg/system.slice/docker-4f5e9a.scope", memory: "cg/system.slice/docker-4f5e9a.scope", version: 2, cores: 0.5, limit: 64 << 20,
		},
		"v2, Podman's leaf, the limits above it": {
			cgroups: "0::/machine.slice/libpod-4f5e9a.scope/container\n", mounts: v2,
			files: map[string]string{
				"cg/machine.slice/libpod-4f5e9a.scope/container/cpu.max":    "max 100000\n",
				"cg/machine.slice/libpod-4f5e9a.scope/container/memory.max": "max\n",
				"cg/machine.slice/libpod-4f5e9a.scope/cpu.max":              "150000 100000\n",
				"cg/machine.slice/libpod-4f5e9a.scope/memory.max":           "33554432\n",
				"cg/machine.slice/memory.max":                               "67108864\n",
				"cg/cpuset.cpus.effective":                                  "0-3\n",
			},
			cpu: "cg/machine.slice/libpod-4f5e9a.scope/container", memory: "cg/machine.slice/libpod-4f5e9a.scope/container",
			version: 2, cores: 1.5, limit: 32 << 20,
		},
		"v1, cpu and cpuacct joined": {
			cgroups: "4:memory:/docker/4f5e9a\n3:cpu,cpuacct:/docker/4f5e9a\n2:cpuset:/docker/4f5e9a\n1:name=systemd:/docker/4f5e9a\n",
			mounts: "31 1 0:3 / ROOT/cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n32 1 0:4 / ROOT/cg/memory rw - cgroup cgroup rw,memory\n" +
				"33 1 0:5 / ROOT/cg/cpuset rw - cgroup cgroup rw,cpuset\n",
			files: map[string]string{
				"cg/cpu,cpuacct/docker/4f5e9a/cpu.cfs_quota_us":    "-1\n",
				"cg/cpu,cpuacct/docker/4f5e9a/cpu.cfs_period_us":   "100000\n",
				"cg/memory/docker/4f5e9a/memory.limit_in_bytes":    "9223372036854771712\n",
				"cg/memory/docker/memory.limit_in_bytes":           "134217728\n",
				"cg/memory/memory.limit_in_bytes":                  "9223372036854771712\n",
				"cg/cpuset/docker/4f5e9a/cpuset.effective_cpus":    "1,3\n",
				"cg/cpuset/docker/4f5e9a/cpuset.cpus":              "0-3\n",
				"cg/cpu,cpuacct/docker/cpu.cfs_quota_us":           "-1\n",
				"cg/cpu,cpuacct/docker/cpu.cfs_period_us":          "100000\n",
				"cg/cpu,cpuacct/docker/4f5e9a/below/cpu.cfs_quota": "1\n",
			},
			cpu: "cg/cpu,cpuacct/docker/4f5e9a", memory: "cg/memory/docker/4f5e9a", version: 1, cores: 2, limit: 128 << 20,
		},
		"hybrid: the controllers on v1, an empty v2 beside them": {
			cgroups: "4:memory:/docker/4f5e9a\n3:cpu:/docker/4f5e9a\n2:cpuset:/docker/4f5e9a\n0::/\n",
			mounts: "31 1 0:3 / ROOT/cg/unified rw - cgroup2 cgroup2 rw\n32 1 0:4 / ROOT/cg/cpu rw - cgroup cgroup rw,cpu\n" +
				"33 1 0:5 / ROOT/cg/memory rw - cgroup cgroup rw,memory\n34 1 0:5 / ROOT/cg/cpuset rw - cgroup cgroup rw,cpuset\n",
			files: map[string]string{
				"cg/unified/cgroup.procs":                       "",
				"cg/cpu/docker/4f5e9a/cpu.cfs_quota_us":         "25000\n",
				"cg/cpu/docker/4f5e9a/cpu.cfs_period_us":        "50000\n",
				"cg/memory/docker/4f5e9a/memory.limit_in_bytes": "67108864\n",
				"cg/memory/docker/memory.limit_in_bytes":        "9223372036854771712\n",
				"cg/memory/memory.limit_in_bytes":               "9223372036854771712\n",
				"cg/cpuset/docker/4f5e9a/cpuset.cpus":           "0\n",
			},
			cpu: "cg/cpu/docker/4f5e9a", memory: "cg/memory/docker/4f5e9a", version: 1, cores: 0.5, limit: 64 << 20,
		},
		"v2, systemd in the container": {
			cgroups: "0::/system.slice/docker-4f5e9a.scope/init.scope\n", mounts: v2,
			files: map[string]string{
				"cg/system.slice/docker-4f5e9a.scope/cpu.max":               "50000 100000\n",
				"cg/system.slice/docker-4f5e9a.scope/memory.max":            "67108864\n",
				"cg/system.slice/docker-4f5e9a.scope/init.scope/memory.max": "1048576\n",
				"cg/system.slice/docker-4f5e9a.scope/init.scope/cpu.max":    "1000 100000\n",
				"cg/cpuset.cpus.effective":                                  "0-3\n",
			},
			cpu: "cg/system.slice/docker-4f5e9a.scope", memory: "cg/system.slice/docker-4f5e9a.scope", version: 2, cores: 0.5, limit: 64 << 20,
		},
		"v2, Podman's leaf, systemd in the container": {
			cgroups: "0::/machine.slice/libpod-4f5e9a.scope/container/init.scope\n", mounts: v2,
			files: map[string]string{
				"cg/machine.slice/libpod-4f5e9a.scope/container/init.scope/x": "",
				"cg/machine.slice/libpod-4f5e9a.scope/container/cpu.max":      "150000 100000\n",
				"cg/machine.slice/libpod-4f5e9a.scope/container/memory.max":   "33554432\n",
				"cg/cpuset.cpus.effective":                                    "0-3\n",
			},
			cpu: "cg/machine.slice/libpod-4f5e9a.scope/container", memory: "cg/machine.slice/libpod-4f5e9a.scope/container",
			version: 2, cores: 1.5, limit: 32 << 20,
		},
		"v1, moved in some hierarchies, and in each to another place": {
			cgroups: "4:memory:/docker/4f5e9a/init\n3:cpu,cpuacct:/docker/4f5e9a/a/b\n1:name=systemd:/docker/4f5e9a\n",
			mounts: "31 1 0:3 / ROOT/cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n32 1 0:4 / ROOT/cg/memory rw - cgroup cgroup rw,memory\n" +
				"33 1 0:5 / ROOT/cg/cpuset rw - cgroup cgroup rw,cpuset\n",
			files: map[string]string{
				"cg/cpu,cpuacct/docker/4f5e9a/cpu.cfs_quota_us":  "20000\n",
				"cg/cpu,cpuacct/docker/4f5e9a/cpu.cfs_period_us": "100000\n",
				"cg/cpu,cpuacct/docker/4f5e9a/a/b/cgroup.procs":  "7\n",
				"cg/memory/docker/4f5e9a/memory.limit_in_bytes":  "134217728\n",
				"cg/memory/docker/4f5e9a/init/memory.usage":      "",
				"cg/memory/docker/memory.limit_in_bytes":         "9223372036854771712\n",
				"cg/memory/memory.limit_in_bytes":                "9223372036854771712\n",
			},
			cpu: "cg/cpu,cpuacct/docker/4f5e9a", memory: "cg/memory/docker/4f5e9a", version: 1, cores: 0.2, limit: 128 << 20,
		},
		"a container in a container, which is the one that is meant": {
			cgroups: "0::/docker/777777/docker/4f5e9a\n", mounts: v2,
			files: map[string]string{
				"cg/docker/777777/memory.max":               "134217728\n",
				"cg/docker/777777/docker/4f5e9a/memory.max": "1048576\n",
				"cg/docker/777777/docker/4f5e9a/cpu.max":    "10000 100000\n", "cg/cpuset.cpus.effective": "0-1\n",
			},
			cpu: "cg/docker/777777/docker/4f5e9a", memory: "cg/docker/777777/docker/4f5e9a", version: 2, cores: 0.1, limit: 1 << 20,
		},
		"a read-only mount, and a writable one elsewhere": {
			cgroups: "0::/docker/4f5e9a\n",
			mounts:  "30 20 0:26 / ROOT/host rw - cgroup2 cgroup2 rw\n31 20 0:26 / ROOT/cg ro - cgroup2 cgroup2 rw\n",
			files: map[string]string{
				"cg/docker/4f5e9a/memory.max": "1\n", "host/docker/4f5e9a/memory.max": "1048576\n",
				"host/docker/4f5e9a/cpu.max": "10000 100000\n", "host/cpuset.cpus.effective": "0-1\n",
			},
			cpu: "host/docker/4f5e9a", memory: "host/docker/4f5e9a", version: 2, cores: 0.1, limit: 1 << 20,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			proc, root := host(t, c.cgroups, c.mounts, c.files)
			group, err := of(proc, 7, id)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(group.Dir(CPU)).To(Equal(filepath.Join(root, c.cpu)))
			g.Expect(group.Dir(Memory)).To(Equal(filepath.Join(root, c.memory)))
			g.Expect(group.Version()).To(Equal(c.version))
			g.Expect(group.Mechanism(Memory)).To(Equal(fmt.Sprintf("cgroup v%d", c.version)))
			cores, _, err := group.CPUQuota()
			g.Expect([]any{cores, err}).To(Equal([]any{c.cores, nil}))
			limit, limited, err := group.MemoryLimit()
			g.Expect([]any{limit, limited, err}).To(Equal([]any{c.limit, true, nil}))
			g.Expect(group.Alive()).To(BeTrue())
			g.Expect(group.Exists()).To(BeTrue())
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	const mounts = "30 20 0:26 / ROOT/cg rw - cgroup2 cgroup2 rw\n"
	for name, c := range map[string]struct{ cgroups, mounts, want string }{
		"the monitor of the container":        {"0::/machine.slice/libpod-conmon-4f5e9a.scope\n", mounts, "does not name the container"},
		"another container":                   {"0::/docker/777777\n", mounts, `"/docker/777777", which does not name the container`},
		"outside the host's cgroup namespace": {"0::/../4f5e9a\n", mounts, `in "/../4f5e9a": the agent is outside the host's cgroup namespace: start it with --cgroupns host`},
		"no mount":                            {"0::/docker/4f5e9a\n", "", "mount the host's /sys/fs/cgroup"},
		"not a cgroup file":                   {"what\n", mounts, "not ID:CONTROLLERS:/PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			proc, _ := host(t, c.cgroups, c.mounts, nil)
			_, err := of(proc, 7, id)
			NewWithT(t).Expect(err).To(MatchError(And(HavePrefix("find cgroup of process 7 of container 4f5e9a: "), ContainSubstring(c.want))))
		})
	}
	t.Run("a process that is gone", func(t *testing.T) {
		proc, _ := host(t, "0::/docker/4f5e9a\n", mounts, nil)
		_, err := of(proc, 8, id)
		NewWithT(t).Expect(err).To(MatchError(HavePrefix("find cgroup of process 8 of container 4f5e9a: there is no such process")))
	})
	t.Run("a process that has ended", func(t *testing.T) {
		proc, _ := host(t, "0::/docker/4f5e9a\n", mounts,
			map[string]string{"proc/7/stat": "7 (shop) Z 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9876 0 0 0"})
		_, err := of(proc, 7, id)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("it has ended")))
	})
	t.Run("the root, which is the whole machine", func(t *testing.T) {
		g := NewWithT(t)
		proc, _ := host(t, "0::/\n", mounts, map[string]string{"cg/cgroup.procs": ""})
		group, err := of(proc, 7, "")
		g.Expect(err).NotTo(HaveOccurred())
		_, err = group.Dir(Freezer)
		g.Expect(err).To(MatchError(`find freezer cgroup of process 7: it is in "/", which is not a container's group`))
	})
}

func TestAliveIsNotFooledByAnotherProcess(t *testing.T) {
	g := NewWithT(t)
	proc, root := host(t, "0::/docker/4f5e9a\n", "30 20 0:26 / ROOT/cg rw - cgroup2 cgroup2 rw\n",
		map[string]string{"cg/docker/4f5e9a/memory.max": "1\n"})
	group, err := of(proc, 7, id)
	g.Expect(err).NotTo(HaveOccurred())
	later := "7 (other) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 9999 1000 2 184467"
	g.Expect(os.WriteFile(filepath.Join(root, "proc/7/stat"), []byte(later), 0o600)).To(Succeed())
	g.Expect(group.Alive()).To(BeFalse())
}
