package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Process names a process by its number and its start time, so that a later
// process with the same number is not mistaken for it.
type Process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
}

// ProcessOf names the process that has this number now.
func ProcessOf(pid int) (Process, error) {
	_, start, err := readStat(filepath.Join("/proc", strconv.Itoa(pid)))
	if err != nil {
		return Process{}, fmt.Errorf("find process %d: %w", pid, err)
	}
	return Process{PID: pid, Start: start}, nil
}

// Alive reports whether the process still runs.
func (p Process) Alive() bool { return p.alive("/proc") }

func (p Process) alive(proc string) bool {
	_, start, err := readStat(filepath.Join(proc, strconv.Itoa(p.PID)))
	if err != nil || start != p.Start {
		return false
	}
	_, err = Thread(proc, p.PID)
	return err == nil
}

// Stopped reports whether a signal has stopped the process.
func Stopped(pid int) bool {
	state, _, err := readStat(filepath.Join("/proc", strconv.Itoa(pid)))
	return err == nil && state == 'T'
}

// Thread returns the directory, in a proc file system, of a thread of the process that
// has not ended. It is the directory of the process itself, except when the first thread
// has ended before the others: the kernel shows such a process as a zombie, in no cgroup
// of v1, though it runs. The error is fs.ErrNotExist when no thread is left.
func Thread(proc string, pid int) (dir string, err error) {
	process := filepath.Join(proc, strconv.Itoa(pid))
	state, _, err := readStat(process)
	if err != nil {
		return "", err
	}
	if !dead(state) {
		return process, nil
	}
	threads, err := os.ReadDir(filepath.Join(process, "task"))
	if err != nil {
		return "", err
	}
	for _, thread := range threads {
		dir := filepath.Join(process, "task", thread.Name())
		if state, _, err := readStat(dir); err == nil && !dead(state) {
			return dir, nil
		}
	}
	return "", os.ErrNotExist
}

// dead reports whether a thread in this state has ended. One that is stopped, traced, or
// waits for a disk has not.
func dead(state byte) bool { return state == 'Z' || state == 'X' }

// readStat reads the state and the start time of a process or thread from its directory.
func readStat(dir string) (state byte, start uint64, err error) {
	data, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0, 0, err
	}
	return parseStat(string(data))
}
