package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	id    = "4ee8d650a86a8a094ee8d650a86a8a094ee8d650a86a8a094ee8d650a86a8a09"
	other = "ffffd650a86a8a094ee8d650a86a8a094ee8d650a86a8a094ee8d650a86a8a09"
)

// fake is a process in a fake proc file system.
type fake struct {
	pid, parent, start int
	group              string // the lines of /proc/PID/cgroup, or the path of a v2 group
	nspid              string
	state              string
	name               string
}

func fakeProc(t *testing.T, all ...fake) (proc string) {
	t.Helper()
	proc = t.TempDir()
	for _, extra := range []string{"sys", "self", "cmdline"} {
		if err := os.Mkdir(filepath.Join(proc, extra), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range all {
		add(t, proc, p)
	}
	return proc
}

func add(t *testing.T, proc string, p fake) {
	t.Helper()
	dir := filepath.Join(proc, fmt.Sprint(p.pid))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(p.group, "/") {
		p.group = "0::" + p.group + "\n"
	}
	if p.state == "" {
		p.state = "S"
	}
	if p.nspid == "" {
		p.nspid = fmt.Sprint(p.pid)
	}
	stat := fmt.Sprintf("%d (%s) %s %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0 0\n", p.pid, p.name, p.state, p.parent, p.start)
	for name, content := range map[string]string{"cgroup": p.group, "stat": stat, "status": "Name:\tx\nNSpid:\t" + p.nspid + "\nThreads:\t1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheNamesOfEveryEngineAreFound(t *testing.T) {
	for name, group := range map[string]string{
		"docker, v2 and systemd":     "/system.slice/docker-" + id + ".scope",
		"docker, v2":                 "/docker/" + id,
		"docker, v1":                 "12:pids:/docker/" + id + "\n11:memory:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n0::/\n",
		"docker, v1 and systemd":     "4:cpu,cpuacct:/system.slice/docker-" + id + ".scope\n0::/system.slice/docker-" + id + ".scope\n",
		"docker in docker":           "/docker/" + other + "/docker/" + id,
		"podman":                     "/machine.slice/libpod-" + id + ".scope/container",
		"containerd and systemd":     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-" + id + ".scope",
		"containerd, cgroupfs":       "/kubepods/besteffort/pod6b0c7f5e-1/" + id,
		"containerd, drivers differ": "/system.slice/kubepods-pod1.slice:cri-containerd:" + id,
		"cri-o":                      "/kubepods.slice/kubepods-pod1.slice/crio-" + id + ".scope",
		"a private namespace":        "/../../podX/cri-containerd-" + id + ".scope",
		"systemd in the container":   "/docker/" + id + "/init.scope",
	} {
		proc := fakeProc(t, fake{pid: 1, group: "/init.scope"}, fake{pid: 7, parent: 1, start: 5, group: group, nspid: "7 1"})
		if pid, err := NewFinder(proc).FirstProcess(id); err != nil || pid != 7 {
			t.Errorf("%s: found %d, %v", name, pid, err)
		}
	}
}

func TestNoOtherNameIsFound(t *testing.T) {
	for name, group := range map[string]string{
		"another container":       "/docker/" + other,
		"the monitor of CRI-O":    "/kubepods.slice/crio-conmon-" + id + ".scope",
		"the monitor of Podman":   "/machine.slice/libpod-conmon-" + id + ".scope",
		"a longer name":           "/docker/a" + id,
		"a name that only begins": "/docker/" + id + "a",
		"the host":                "12:pids:/\n0::/\n",
		"nothing":                 "",
	} {
		_, err := NewFinder(fakeProc(t, fake{pid: 7, group: group})).FirstProcess(id)
		if err == nil || !strings.Contains(err.Error(), "find container "+id+": no process of this host is in a cgroup with that ID: is the container running") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, wrong := range []string{"", "a/b"} {
		if _, err := NewFinder(fakeProc(t)).FirstProcess(wrong); err == nil || !strings.Contains(err.Error(), "an ID is needed") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := NewFinder(filepath.Join(t.TempDir(), "none")).FirstProcess(id); err == nil || !strings.Contains(err.Error(), "list processes") {
		t.Errorf("without a proc file system: %v", err)
	}
}

func TestTheFirstProcessIsTheOneThatTheEngineStarted(t *testing.T) {
	group, inner := "/docker/"+id, "/docker/"+id+"/docker/"+other
	shim := fake{pid: 50, parent: 1, start: 1, group: "/system.slice/containerd.service"}
	for name, all := range map[string][]fake{
		"beside its children":                  {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 60, parent: 100, start: 11, group: group, nspid: "60 8"}},
		"beside an exec":                       {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 70, parent: 50, start: 99, group: group, nspid: "70 9"}},
		"beside the agent's worker":            {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 71, parent: 40, start: 98, group: group}},
		"beside an older process moved in":     {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 72, parent: 1, start: 2, group: group}},
		"beside a container of its own":        {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 61, parent: 100, start: 11, group: group, nspid: "61 4"}, {pid: 62, parent: 61, start: 10, group: inner, nspid: "62 5 1"}},
		"beside a sandbox of the same moment":  {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1"}, {pid: 63, parent: 100, start: 10, group: group, nspid: "63 2 1"}},
		"in the host's PID namespace":          {{pid: 100, parent: 50, start: 10, group: group}, {pid: 64, parent: 100, start: 11, group: group}, {pid: 65, parent: 50, start: 12, group: group}},
		"there, with a child of the same tick": {{pid: 100, parent: 50, start: 10, group: group}, {pid: 66, parent: 100, start: 10, group: group}},
		"there, with a sandbox":                {{pid: 100, parent: 50, start: 10, group: group}, {pid: 67, parent: 100, start: 11, group: group, nspid: "67 1"}},
		"beside a dead one":                    {{pid: 100, parent: 50, start: 10, group: group}, {pid: 68, parent: 50, start: 3, group: group, nspid: "68 1", state: "Z"}},
		"with a name that looks like a stat":   {{pid: 100, parent: 50, start: 10, group: group, nspid: "100 1", name: "a) Z 1 ("}, {pid: 60, parent: 100, start: 11, group: group}},
	} {
		if pid, err := NewFinder(fakeProc(t, append(all, shim)...)).FirstProcess(id); err != nil || pid != 100 {
			t.Errorf("%s: found %d, %v", name, pid, err)
		}
	}
}

func TestARestartedContainerIsFoundAgain(t *testing.T) {
	group := "/docker/" + id
	proc := fakeProc(t, fake{pid: 7, parent: 1, start: 5, group: group, nspid: "7 1"})
	f := NewFinder(proc)
	find := func(want int) {
		t.Helper()
		if pid, err := f.FirstProcess(id); err != nil || pid != want {
			t.Errorf("found %d, %v, want %d", pid, err, want)
		}
	}
	find(7)
	find(7)
	if err := os.RemoveAll(filepath.Join(proc, "7")); err != nil {
		t.Fatal(err)
	}
	add(t, proc, fake{pid: 9, parent: 1, start: 50, group: group, nspid: "9 1"})
	find(9)
	// The old process ID is used again, for a child.
	add(t, proc, fake{pid: 7, parent: 9, start: 60, group: group, nspid: "7 2"})
	find(9)
	if err := os.RemoveAll(filepath.Join(proc, "9")); err != nil {
		t.Fatal(err)
	}
	add(t, proc, fake{pid: 7, parent: 1, start: 70, group: "/docker/" + other, nspid: "7 1"})
	if pid, err := f.FirstProcess(id); err == nil {
		t.Errorf("found %d for a container that is gone", pid)
	}
}

func TestAMalformedStatIsAnError(t *testing.T) {
	for _, stat := range []string{"", "7", "7 (x) S 1", "7 (x) S one 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0", "7 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 five 0"} {
		if p, err := parse(7, stat, ""); err == nil {
			t.Errorf("%q: %+v", stat, p)
		}
	}
}

func TestOneSearchFindsAllContainers(t *testing.T) {
	f := NewFinder(fakeProc(t, fake{pid: 7, parent: 1, group: "/docker/" + id, nspid: "7 1"}, fake{pid: 8, parent: 1, group: "/docker/" + other, nspid: "8 1"}))
	if _, err := f.FirstProcess(id); err != nil {
		t.Fatal(err)
	}
	if p, ok := f.known[other]; !ok || p.pid != 8 {
		t.Errorf("the other container is %+v, %v", p, ok)
	}
}
