package cgrouptest

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const program = "CHAOSGATE_TEST_PROGRAM"

const headless = "headless"

func init() {
	if os.Getenv(program) == headless {
		runtime.LockOSThread() // so that Main runs on the first thread
	}
}

// Main runs a target's program, and does not return, if the process was started as
// one. Call it first in TestMain.
func Main() {
	kind := os.Getenv(program)
	if kind == "" {
		return
	}
	amount, err := strconv.ParseFloat(os.Getenv(program+"_AMOUNT"), 64)
	if err != nil {
		panic(err)
	}
	switch kind {
	case "load":
		load(amount)
	case "grow":
		grow(int(amount))
	case headless:
		go load(amount)
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // ends this thread only
	}
	panic("no such program: " + kind)
}

// Load starts a target that keeps one processor busy for a share of the time.
func (b *Box) Load(t testing.TB, share float64) *Target { return b.run(t, "load", share) }

// Grow starts a target that takes this many bytes of memory each time that it reads
// a line. It answers with a line when it has done so.
func (b *Box) Grow(t testing.TB, bytes int) *Target {
	t.Helper()
	target := b.run(t, "grow", float64(bytes))
	if said := target.Hear(t); said != "ready" {
		t.Fatalf("the target said %q", said)
	}
	return target
}

// Headless starts a target that is like Load's, except that its first thread has ended:
// the kernel shows the process as a zombie while it runs.
func (b *Box) Headless(t testing.TB, share float64) *Target {
	t.Helper()
	target := b.run(t, headless, share)
	for deadline := time.Now().Add(10 * time.Second); stat(t, target.PID)[0] != "Z"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the first thread of process %d has not ended", target.PID)
		}
	}
	return target
}

func (b *Box) run(t testing.TB, kind string, amount float64) *Target {
	t.Helper()
	return b.StartEnv(t, []string{program + "=" + kind, fmt.Sprint(program, "_AMOUNT=", amount)}, "/proc/"+strconv.Itoa(os.Getpid())+"/exe")
}

func load(share float64) {
	const period = 20 * time.Millisecond
	runtime.LockOSThread()
	used := func() time.Duration {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
			panic(err)
		}
		return time.Duration(t.Nano())
	}
	start, spent := time.Now(), used()
	for {
		behind := time.Duration(share*float64(time.Since(start))) - (used() - spent)
		if behind > 5*period { // the machine stood still: do not make up for that
			start, spent = time.Now(), used()
		}
		for used()-spent < time.Duration(share*float64(time.Since(start))) {
		}
		time.Sleep(time.Duration((1 - share) * float64(period)))
	}
}

func grow(bytes int) {
	for fmt.Println("ready"); ; fmt.Println("grown") {
		if _, err := fmt.Scanln(); err != nil && err.Error() != "unexpected newline" {
			os.Exit(0) // the test has ended
		}
		memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			panic(err)
		}
		for i := 0; i < len(memory); i += os.Getpagesize() {
			memory[i] = 1
		}
	}
}
