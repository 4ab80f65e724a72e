package cgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Claim says that a fault has set a file of a cgroup, to what, and what was
// there before. The kernel keeps it, as an extended attribute of the cgroup's
// directory: every agent on the machine sees it, it outlives them all, and it
// goes when the cgroup goes. A file has one claim at most.
type Claim struct {
	// Dir and File say which file it is.
	Dir  string `json:"-"`
	File string `json:"-"`
	// Fault and Injection name who has set it.
	Fault     string `json:"fault"`
	Injection string `json:"injection"`
	// Before is what the file held, and Now what the fault has set it to.
	Before string `json:"before"`
	Now    string `json:"now"`
	// Owners are the agent and its keeper. A claim that has no living owner was
	// left by a crash.
	Owners []Process `json:"owners"`
}

const attributePrefix = "trusted.chaosgate."

// String says the claim in words: "cpu.max is set by CPU throttle to 50 % of the quota, injection 3f2a.0".
func (c Claim) String() string {
	return fmt.Sprintf("%s is set by %s, injection %s", c.File, c.Fault, c.Injection)
}

// ClaimedError says that another fault has set the file.
type ClaimedError struct{ By Claim }

// Error names the other fault, and says what to do.
func (e *ClaimedError) Error() string { return e.By.String() + ": revert that first" }

// Take writes the claim down. It fails with a *ClaimedError when there is one
// of a living owner. One that a crash has left is undone first.
func (c Claim) Take() error {
	for {
		err := c.write(unix.XATTR_CREATE)
		if !errors.Is(err, unix.EEXIST) {
			return err
		}
		other, found, err := ReadClaim(c.Dir, c.File)
		switch {
		case err != nil:
			return err
		case found && other.Alive():
			return &ClaimedError{other}
		case found:
			if err := other.Undo(); err != nil {
				return fmt.Errorf("undo what an earlier agent left: %w", err)
			}
		}
	}
}

// Rewrite changes the owners of a claim that was taken.
func (c Claim) Rewrite() error { return c.write(unix.XATTR_REPLACE) }

func (c Claim) write(flags int) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write down who sets %s: %w", path.Join(c.Dir, c.File), err)
	}
	if err := unix.Setxattr(c.Dir, attributePrefix+c.File, data, flags); err != nil {
		return fmt.Errorf("write down who sets %s, as an extended attribute of the cgroup: %w", path.Join(c.Dir, c.File), err)
	}
	return nil
}

// ReadClaim reads the claim on a file; found is false when there is none.
func ReadClaim(dir, file string) (_ Claim, found bool, err error) {
	buffer := make([]byte, 4096)
	n, err := unix.Getxattr(dir, attributePrefix+file, buffer)
	if errors.Is(err, unix.ENODATA) || gone(err) {
		return Claim{}, false, nil
	}
	c := Claim{Dir: dir, File: file}
	if err == nil {
		err = json.Unmarshal(buffer[:n], &c)
	}
	if err != nil {
		return Claim{}, false, fmt.Errorf("read who sets %s: %w", path.Join(dir, file), err)
	}
	return c, true, nil
}

// Alive reports whether one of the owners lives.
func (c Claim) Alive() bool {
	for _, owner := range c.Owners {
		if owner.Alive() {
			return true
		}
	}
	return false
}

// Set sets the file to what the claim says, and reads it back.
func (c Claim) Set() error { return set(path.Join(c.Dir, c.File), c.Now) }

// Undo sets the file to what it was before, reads that back, and drops the
// claim. A file that somebody else has set since is left as it is, and a group
// that is gone has nothing to undo.
func (c Claim) Undo() error {
	file := path.Join(c.Dir, c.File)
	is, err := readSetting(file)
	if err == nil && is == c.Now && is != c.Before {
		err = set(file, c.Before)
	}
	if err != nil && !gone(err) {
		return fmt.Errorf("set %s back: %w", file, err)
	}
	return c.Drop()
}

func set(file, value string) error {
	if err := write(file, value); err != nil {
		return fmt.Errorf("write %q: %w", value, err)
	}
	is, err := readSetting(file)
	if err == nil && is != value {
		err = fmt.Errorf("%q was written, and it still is %q", value, is)
	}
	return err
}

// Drop removes the claim, and nothing else.
func (c Claim) Drop() error {
	err := unix.Removexattr(c.Dir, attributePrefix+c.File)
	if err == nil || errors.Is(err, unix.ENODATA) || gone(err) {
		return nil
	}
	return fmt.Errorf("remove the note of who sets %s: %w", path.Join(c.Dir, c.File), err)
}

// underlying is what a file holds apart from the fault that has set it: what
// is its own when the claim still says what is there.
func underlying(dir, file, is string) (string, error) {
	c, found, err := ReadClaim(dir, file)
	if err == nil && found && c.Now == is {
		return c.Before, nil
	}
	return is, err
}

// ReadSetting reads a file of one line.
func ReadSetting(dir, file string) (string, error) {
	is, err := readSetting(path.Join(dir, file))
	if err != nil {
		return "", fmt.Errorf("read setting: %w", err)
	}
	return is, nil
}

// readSetting takes a freezer that is about to be frozen as frozen.
func readSetting(file string) (string, error) {
	data, err := os.ReadFile(file)
	is := strings.TrimSpace(string(data))
	if is == "FREEZING" {
		is = "FROZEN"
	}
	return is, err
}

// gone reports whether an error says that a cgroup was removed.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) }

// Process names a process so that a later one of the same number is not
// mistaken for it.
type Process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
}

// ProcessOf names the process that has the number now.
func ProcessOf(pid int) (Process, error) {
	_, start, err := statOf(pid)
	if err != nil {
		return Process{}, fmt.Errorf("find process %d: %w", pid, err)
	}
	return Process{PID: pid, Start: start}, nil
}

// Alive reports whether the process still runs.
func (p Process) Alive() bool {
	state, start, err := statOf(p.PID)
	return err == nil && start == p.Start && !dead(state)
}

func statOf(pid int) (state byte, start uint64, err error) {
	data, err := os.ReadFile(path.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0, err
	}
	return parseStat(string(data))
}
