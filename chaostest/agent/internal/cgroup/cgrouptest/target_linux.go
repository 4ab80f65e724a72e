package cgrouptest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Target is a process in a box that stands for a container's process.
type Target struct {
	PID    int
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// Start starts a program that is in the box from its first instruction on. It is
// killed when the test ends.
func (b *Box) Start(t testing.TB, args ...string) *Target {
	t.Helper()
	return b.StartEnv(t, nil, args...)
}

// StartEnv is Start with more environment variables.
func (b *Box) StartEnv(t testing.TB, env []string, args ...string) *Target {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `read go; exec "$@"`, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	target := &Target{PID: cmd.Process.Pid, cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	t.Cleanup(target.Kill)
	b.Join(t, target.PID)
	target.Say(t, "go")
	return target
}

// Say writes a line to the target.
func (p *Target) Say(t testing.TB, line string) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// Hear reads a line from the target.
func (p *Target) Hear(t testing.TB) string {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// Kill kills the target and reaps it.
func (p *Target) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()
}

// CPUTime is the processor time that one process has used, from /proc.
func CPUTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	f := stat(t, pid)
	const ticks = 100 // USER_HZ is 100 on every architecture that Go has
	return time.Duration(number(t, f[11])+number(t, f[12])) * time.Second / ticks
}

func stat(t testing.TB, pid int) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
}

// HasEnded reports whether a process has ended with all its threads. A zombie has.
func HasEnded(pid int) bool {
	all, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid)) // fails only for a wrong pattern
	for _, file := range all {
		data, err := os.ReadFile(file)
		text := string(data)
		if err == nil && !strings.Contains(text[strings.LastIndexByte(text, ')'):], ") Z ") {
			return false
		}
	}
	return true
}

// Descriptors counts this process's open files.
func Descriptors(t testing.TB) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Stop sends SIGSTOP to a process, and returns when all its threads stand still.
func Stop(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		still := 0
		for _, file := range states {
			if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), ") T ") {
				still++
			}
		}
		if len(states) > 0 && still == len(states) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d threads of process %d stopped", still, len(states), pid)
		}
	}
}
