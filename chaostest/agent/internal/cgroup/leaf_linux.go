package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A leaf is a group that is made for one of our own processes. The rule of v2 is that a
// group which hands controllers on to groups below it holds no processes itself, so our
// process needs a group of its own there. The names of leaves begin with a prefix.
const (
	keeperPrefix = "chaosgate-keeper-"
	workerPrefix = "chaosgate-worker-"
)

func isLeaf(dir string) bool {
	name := filepath.Base(dir)
	return strings.HasPrefix(name, keeperPrefix) || strings.HasPrefix(name, workerPrefix)
}

// enter moves a process into a group.
func enter(dir, pid string) error { return write(filepath.Join(dir, "cgroup.procs"), pid) }

// enterLeaf makes a leaf below a group, and moves a process into it. When another agent
// starts at that moment, its sweep may remove the leaf while it is empty, so that is
// done again.
func enterLeaf(dir, name, pid string) (leaf string, err error) {
	leaf = filepath.Join(dir, name)
	for range 10 {
		if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return "", err
		}
		if err = enter(leaf, pid); !gone(err) {
			break
		}
	}
	return leaf, err
}

// RemoveLeaf removes a leaf whose process has ended. It does nothing when there is none.
func RemoveLeaf(leaf string) error {
	if leaf == "" {
		return nil
	}
	// A process leaves its group a moment after it was reaped.
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		err := unix.Rmdir(leaf)
		switch {
		case err == nil || gone(err):
			return nil
		case !errors.Is(err, unix.EBUSY) || time.Now().After(end):
			return fmt.Errorf("remove the worker's cgroup %s: %w", leaf, err)
		}
	}
}
