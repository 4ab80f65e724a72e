// shim starts user-mode-linux so that it runs on processors whose extended state
// is larger than the 2,696 bytes for which kernels before 6.13 have room (those
// with AMX): the host then refuses the guest's registers, and the guest panics.
// It has the kernel refuse PTRACE_GETREGSET for that state, whereupon
// user-mode-linux falls back to the state of SSE. The guest's programs must be
// told not to use AVX, which is then not switched between their threads.
//
// Usage: shim program [arguments]
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where the fields of struct seccomp_data are: the number of the system call,
// and the lower halves of its arguments.
const (
	numberAt       = 0
	architectureAt = 4
	requestAt      = 16 // argument 0
	kindAt         = 32 // argument 2
)

const extendedState = 0x202 // NT_X86_XSTATE

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shim:", err)
		os.Exit(1)
	}
}

func run(command []string) error {
	if len(command) == 0 {
		return fmt.Errorf("no program named")
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	runtime.LockOSThread() // the filter is the thread's that goes on as the program
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	filter := program()
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0); err != nil {
		return fmt.Errorf("install the seccomp filter: %w", err)
	}
	return fmt.Errorf("start %s: %w", path, unix.Exec(path, command, os.Environ()))
}

// program allows all but ptrace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, ...).
func program() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// unless jumps over what is left, to the allowing, unless the word is k.
	unless := func(k uint32, left uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: left}
	}
	answer := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	return []unix.SockFilter{
		load(architectureAt), unless(unix.AUDIT_ARCH_X86_64, 7),
		load(numberAt), unless(unix.SYS_PTRACE, 5),
		load(requestAt), unless(unix.PTRACE_GETREGSET, 3),
		load(kindAt), unless(extendedState, 1),
		answer(unix.SECCOMP_RET_ERRNO | uint32(unix.EINVAL)),
		answer(unix.SECCOMP_RET_ALLOW),
	}
}
