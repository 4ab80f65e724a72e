package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Processes returns the IDs of all processes of the container, in the group and in those
// below it. Zombies are among them.
func (g *Group) Processes() ([]int, error) {
	var errs []error
	for _, controller := range []string{Freezer, CPU, Memory, CPUAcct, CPUSet} {
		dir, err := g.Dir(controller)
		if err == nil {
			return processesBelow(dir)
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func processesBelow(dir string) ([]int, error) {
	var pids []int
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			var data []byte
			// A threaded group of v2 lists no processes. The group above it does.
			if data, err = os.ReadFile(filepath.Join(path, "cgroup.procs")); err == nil {
				for field := range strings.FieldsSeq(string(data)) {
					pid, err := strconv.Atoi(field)
					if err != nil {
						return fmt.Errorf("read %s: %w", filepath.Join(path, "cgroup.procs"), err)
					}
					pids = append(pids, pid)
				}
			}
		}
		if gone(err) || errors.Is(err, unix.EOPNOTSUPP) {
			return nil // the container removes its groups as it likes
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list processes below %s: %w", dir, err)
	}
	return pids, nil
}
