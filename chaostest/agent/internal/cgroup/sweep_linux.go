package cgroup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Sweep undoes all claims on this machine that have no living owner: those that a
// crash of an agent and its keeper has left. It also removes all empty leaves.
func Sweep() error {
	mounts, err := readMounts("/proc")
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range mounts {
		errs = append(errs, sweep(m.point))
	}
	return errors.Join(errs...)
}

func sweep(root string) error {
	var errs []error
	err := filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil // a group that has just gone, or a file
		}
		if isLeaf(dir) {
			_ = unix.Rmdir(dir) // one that is in use stays
			return nil
		}
		for _, file := range claimed(dir) {
			c, found, err := ReadClaim(dir, file)
			if err == nil && found && !c.Alive() {
				err = c.Undo()
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("undo what an earlier agent left: %w", err))
			}
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// claimed lists the files of a group that have a claim.
func claimed(dir string) []string {
	buffer := make([]byte, 8192)
	n, err := unix.Listxattr(dir, buffer)
	if err != nil {
		return nil // the group has just gone
	}
	var files []string
	for name := range bytes.SplitSeq(buffer[:n], []byte{0}) {
		if file, ok := strings.CutPrefix(string(name), attributePrefix); ok {
			files = append(files, file)
		}
	}
	return files
}

func readMounts(proc string) ([]mount, error) {
	info, err := os.ReadFile(filepath.Join(proc, "self", "mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	mounts, err := parseMounts(string(info))
	if err != nil {
		return nil, fmt.Errorf("find cgroup mounts: %w", err)
	}
	return mounts, nil
}
