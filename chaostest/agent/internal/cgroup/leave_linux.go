package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Leave moves this process out of every group that it is in, up to the root of
// each hierarchy: whoever ends all processes of a container finds them by its
// groups. Where the root takes no process, it goes into a group of its own there.
func Leave() error {
	lines, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return fmt.Errorf("find the groups to leave: %w", err)
	}
	memberships, err := parseMemberships(string(lines))
	if err != nil {
		return fmt.Errorf("find the groups to leave: %w", err)
	}
	mounts, err := hostMounts()
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
	var err error // a hierarchy that is mounted nowhere shows nobody who is in it
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

// shelter is the beginning of the names of groups that Leave has made.
const shelter = "chaosgate-keeper-"

func moveTo(root string) error {
	const self = "0"
	err := write(filepath.Join(root, "cgroup.procs"), self)
	if err == nil || !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	// A v2 group that hands controllers down takes no process, unless it is the
	// root of them all.
	dir := fmt.Sprintf("%s/%s%d", root, shelter, os.Getpid())
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return write(filepath.Join(dir, "cgroup.procs"), self)
}

// removeShelters removes the groups that Leave has made and that are empty.
func removeShelters(root string) {
	dirs, _ := filepath.Glob(filepath.Join(root, shelter+"*")) // only a wrong pattern is an error
	for _, dir := range dirs {
		_ = unix.Rmdir(dir) // one that is in use stays
	}
}
