package cgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Claim notes that a fault has set a file of a cgroup. The note is an extended
// attribute of the cgroup's directory. So every agent on the machine sees it, it
// outlives them all, and it goes when the cgroup goes. A file has at most one claim.
//
// A fault that sets no file, but that must be alone, claims a name that is no file's,
// such as CPUTime.
type Claim struct {
	// Dir is the cgroup's directory, and File the name of the file in it.
	Dir  string `json:"-"`
	File string `json:"-"`
	// Fault and Injection say what has set the file.
	Fault     string `json:"fault"`
	Injection string `json:"injection"`
	// Before is what the file held before the fault, and Now what the fault has set.
	Before string `json:"before"`
	Now    string `json:"now"`
	// Owners are the agent and its keeper, if it has one. When all are dead, a crash has left the
	// claim behind.
	Owners []Process `json:"owners"`
}

const attributePrefix = "trusted.chaosgate."

// What a fault may claim without a file.
const (
	CPUTime    = "CPU time"
	MemoryRoom = "memory"
)

// String formats the claim: "cpu.max is set by CPU throttle to 50 % of the quota, injection 3f2a.0".
func (c Claim) String() string {
	verb := "set"
	if c.File == CPUTime || c.File == MemoryRoom {
		verb = "taken"
	}
	whose := ""
	if !slices.ContainsFunc(c.Owners, func(p Process) bool { return p.PID == os.Getpid() }) && len(c.Owners) > 0 {
		whose = " of another test process"
	}
	return fmt.Sprintf("%s is %s by %s, injection %s%s", c.File, verb, c.Fault, c.Injection, whose)
}

// ClaimedError says that another fault has already set the file.
type ClaimedError struct{ By Claim }

// Error names the other fault and its injection, and says what to do.
func (e *ClaimedError) Error() string { return e.By.String() + ": revert that injection first" }

// Take puts the claim on the file. If the file has a claim whose owner lives, the
// error is a *ClaimedError. A claim that a crash has left is undone first.
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

// Rewrite replaces a claim that was taken, for example with other owners.
func (c Claim) Rewrite() error { return c.write(unix.XATTR_REPLACE) }

func (c Claim) write(flags int) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("note on the cgroup what sets %s: %w", path.Join(c.Dir, c.File), err)
	}
	if err := unix.Setxattr(c.Dir, attributePrefix+c.File, data, flags); err != nil {
		return fmt.Errorf("note on the cgroup what sets %s, as an extended attribute: %w", path.Join(c.Dir, c.File), err)
	}
	return nil
}

// ReadClaim reads the claim on a file. Found is false when there is none.
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
		return Claim{}, false, fmt.Errorf("read what sets %s: %w", path.Join(dir, file), err)
	}
	return c, true, nil
}

// Alive reports whether an owner lives.
func (c Claim) Alive() bool {
	for _, owner := range c.Owners {
		if owner.Alive() {
			return true
		}
	}
	return false
}

// Set sets the file to the claim's value, and reads it back.
func (c Claim) Set() error { return set(path.Join(c.Dir, c.File), c.Now) }

// Undo sets the file back to its value before the fault, reads that back, and
// removes the claim. It leaves a file alone that somebody else has set since, and
// does nothing when the cgroup is gone.
func (c Claim) Undo() error {
	file := path.Join(c.Dir, c.File)
	value, err := readSetting(file)
	if err == nil && value == c.Now && value != c.Before {
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
	now, err := readSetting(file)
	if err == nil && now != value {
		err = fmt.Errorf("the value %q was written, but the file still holds %q", value, now)
	}
	return err
}

// Drop removes the claim and leaves the file as it is.
func (c Claim) Drop() error {
	err := unix.Removexattr(c.Dir, attributePrefix+c.File)
	if err == nil || errors.Is(err, unix.ENODATA) || gone(err) {
		return nil
	}
	return fmt.Errorf("remove the note of what sets %s: %w", path.Join(c.Dir, c.File), err)
}

// withoutFault returns what the file would hold without a fault: the value from
// before when a claim says that a fault has set the present one.
func withoutFault(dir, file, value string) (string, error) {
	c, found, err := ReadClaim(dir, file)
	if err == nil && found && c.Now == value {
		return c.Before, nil
	}
	return value, err
}

// ReadSetting reads a file of one line.
func ReadSetting(dir, file string) (string, error) {
	value, err := readSetting(path.Join(dir, file))
	if err != nil {
		return "", fmt.Errorf("read setting: %w", err)
	}
	return value, nil
}

// readSetting reads a file of one line. It takes a freezer that is still freezing
// as frozen.
func readSetting(file string) (string, error) {
	data, err := os.ReadFile(file)
	value := strings.TrimSpace(string(data))
	if value == "FREEZING" {
		value = "FROZEN"
	}
	return value, err
}

// gone reports whether an error says that a cgroup was removed.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) }
