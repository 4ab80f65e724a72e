package container

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
)

// A cgroup with the name that an engine would choose holds the first process of a PID
// namespace, its child, and a later process from outside.
func TestTheKernelsProcessesAreFound(t *testing.T) {
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	if pid, err := NewFinder("/proc").FirstProcess(box.Name); err == nil {
		t.Fatalf("found %d in an empty cgroup", pid)
	}
	init := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read go; sleep 60 & wait")
	init.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	in, err := init.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := init.Start(); err != nil {
		if os.Getenv(cgrouptest.RequireRoot) == "1" {
			t.Fatal(err)
		}
		t.Skip("needs root for a PID namespace: ", err)
	}
	t.Cleanup(func() {
		_ = init.Process.Kill() // the namespace goes with it
		_ = init.Wait()
	})
	box.Join(t, init.Process.Pid)
	if _, err := in.Write([]byte("go\n")); err != nil {
		t.Fatal(err)
	}
	later := box.Start(t, "/bin/sh", "-c", "read forever")

	f := NewFinder("/proc")
	for range 2 { // searched for, and known
		if pid, err := f.FirstProcess(box.Name); err != nil || pid != init.Process.Pid {
			t.Errorf("found %d, %v, want %d (and not %d)", pid, err, init.Process.Pid, later.PID)
		}
	}
}

func BenchmarkFirstProcess(b *testing.B) {
	box := cgrouptest.NewBox(b, cgrouptest.Limits{})
	box.Start(b, "/bin/sh", "-c", "read forever")
	f := NewFinder("/proc")
	for _, known := range []bool{false, true} {
		b.Run("known="+strconv.FormatBool(known), func(b *testing.B) {
			for b.Loop() {
				if !known {
					f = NewFinder("/proc")
				}
				if _, err := f.FirstProcess(box.Name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
