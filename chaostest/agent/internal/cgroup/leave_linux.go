package cgroup

import (
	"errors"
	"fmt"
	"os"
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
			return leaveTo(mnt.point)
		default:
			err = errors.New("no writable mount shows what is above it: mount the host's /sys/fs/cgroup read-write into the agent")
		}
	}
	return err
}

func leaveTo(root string) error {
	const self = "0"
	err := enter(root, self)
	if errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EOPNOTSUPP) {
		_, err = enterLeaf(root, fmt.Sprintf("%s%d", keeperPrefix, os.Getpid()), self)
	}
	return err
}
