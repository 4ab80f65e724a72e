package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Leave moves this process from its groups to the root of each hierarchy. A
// container's processes are killed by its groups, so this process then survives.
// Where the root takes no process, Leave makes a new group below the root.
func Leave() error {
	lines, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return fmt.Errorf("find the groups to leave: %w", err)
	}
	memberships, err := parseMemberships(string(lines))
	if err != nil {
		return fmt.Errorf("find the groups to leave: %w", err)
	}
	mounts, err := readMounts("/proc")
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if err := leave(m, mounts); err != nil {
			return fmt.Errorf("leave cgroup %s of %q: %w", m.path, strings.Join(m.controllers, ","), err)
		}
	}
	return nil
}

func leave(m membership, mounts []mount) error {
	if m.path == "/" {
		return nil
	}
	var err error // nothing to do for a hierarchy that is not mounted
	for _, mnt := range mounts {
		switch {
		case !mnt.holds(m):
		case mnt.writable && mnt.root != m.path:
			return moveTo(mnt.point)
		default:
			err = errors.New("no writable mount shows what is above it: mount the host's /sys/fs/cgroup read-write into the agent")
		}
	}
	return err
}

// groupPrefix begins the names of the groups that Leave makes.
const groupPrefix = "chaosgate-keeper-"

func moveTo(root string) error {
	const self = "0"
	err := write(filepath.Join(root, "cgroup.procs"), self)
	if err == nil || !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	// A v2 group that enables controllers for its children takes no process, unless
	// it is the root of the hierarchy.
	dir := fmt.Sprintf("%s/%s%d", root, groupPrefix, os.Getpid())
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return write(filepath.Join(dir, "cgroup.procs"), self)
}

// removeLeftGroups removes the empty groups that Leave has made.
func removeLeftGroups(root string) {
	dirs, _ := filepath.Glob(filepath.Join(root, groupPrefix+"*")) // fails only for a wrong pattern
	for _, dir := range dirs {
		_ = unix.Rmdir(dir) // one that is in use stays
	}
}
