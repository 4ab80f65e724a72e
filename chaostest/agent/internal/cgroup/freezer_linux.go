package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Frozen reports whether the group's processes stand still or are about to. It is
// also true when a group above was frozen.
func (g *Group) Frozen() (bool, error) {
	p, err := g.at(Freezer)
	if err != nil {
		return false, err
	}
	if p.version == 1 {
		state, err := g.freezerState(p)
		return state != "THAWED", err
	}
	asked, err := os.ReadFile(path.Join(p.dir, "cgroup.freeze"))
	if err != nil {
		return false, fmt.Errorf("read freezer: %w", err)
	}
	frozen, err := g.keyed(p, "cgroup.events", "frozen")
	return frozen == 1 || strings.TrimSpace(string(asked)) == "1", err
}

// Still reports whether the kernel says that all processes of the group, and of all
// groups below it, stand still.
func (g *Group) Still() (bool, error) {
	p, err := g.at(Freezer)
	if err != nil {
		return false, err
	}
	if p.version == 1 {
		state, err := g.freezerState(p)
		return state == "FROZEN", err
	}
	frozen, err := g.keyed(p, "cgroup.events", "frozen")
	return frozen == 1, err
}

// AskToFreeze is Freeze without the wait: the kernel may need a moment.
func (g *Group) AskToFreeze() error {
	file, frozen, err := g.FreezerFile()
	if err != nil {
		return err
	}
	p, err := g.at(Freezer)
	if err == nil {
		err = write(path.Join(p.dir, file), frozen)
	}
	if err != nil {
		return fmt.Errorf("freeze cgroup: %w", err)
	}
	return nil
}

// FreezerFile names the file that freezes the group, and says what the file holds
// when the group is frozen.
func (g *Group) FreezerFile() (file, frozen string, err error) {
	p, err := g.at(Freezer)
	if p.version == 1 {
		return "freezer.state", "FROZEN", err
	}
	return "cgroup.freeze", "1", err
}

func (g *Group) freezerState(p place) (string, error) {
	data, err := os.ReadFile(path.Join(p.dir, "freezer.state"))
	if err != nil {
		return "", fmt.Errorf("read freezer: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Freeze stops all processes of the group. It returns when the kernel says that
// they stand still, or when ctx is done.
func (g *Group) Freeze(ctx context.Context) error { return g.freeze(ctx, true) }

// Thaw lets the processes run again, and reads that back. It does nothing when the
// group is gone.
func (g *Group) Thaw(ctx context.Context) error {
	err := g.freeze(ctx, false)
	if err != nil && !g.Exists() && gone(err) {
		return nil
	}
	return err
}

func (g *Group) freeze(ctx context.Context, want bool) error {
	p, err := g.at(Freezer)
	if err != nil {
		return err
	}
	if p.version == 1 {
		return g.freezeV1(ctx, p, want)
	}
	return g.freezeV2(ctx, p, want)
}

// freezeV1 writes the state until the kernel shows it. A v1 freezer may stay
// FREEZING, for example while a process forks, until it is written again.
func (g *Group) freezeV1(ctx context.Context, p place, want bool) error {
	state, verb := "THAWED", "thaw"
	if want {
		state, verb = "FROZEN", "freeze"
	}
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if err := write(path.Join(p.dir, "freezer.state"), state); err != nil {
			return fmt.Errorf("%s cgroup: %w", verb, err)
		}
		now, err := g.freezerState(p)
		if err != nil {
			return fmt.Errorf("%s cgroup: %w", verb, err)
		}
		if now == state {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s cgroup %s: the kernel still says %s: a process in uninterruptible sleep cannot be frozen, "+
				"and a frozen group above cannot be thawed from here: %w", verb, p.dir, now, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (g *Group) freezeV2(ctx context.Context, p place, want bool) error {
	value, verb := "0", "thaw"
	if want {
		value, verb = "1", "freeze"
	}
	// Open the file before the write, so that no change of it is missed.
	events, err := os.Open(path.Join(p.dir, "cgroup.events"))
	if err != nil {
		return fmt.Errorf("%s cgroup: %w", verb, err)
	}
	defer func() { _ = events.Close() }() // a file that was only read
	if err := write(path.Join(p.dir, "cgroup.freeze"), value); err != nil {
		return fmt.Errorf("%s cgroup: %w", verb, err)
	}
	buffer := make([]byte, 256)
	for {
		n, _ := events.ReadAt(buffer, 0)
		frozen, err := parseKey(buffer[:n], "frozen")
		if err != nil {
			return fmt.Errorf("%s cgroup %s: read it back: %w", verb, p.dir, err)
		}
		if (frozen == 1) == want {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s cgroup %s: the kernel still says frozen %d: a process in uninterruptible sleep cannot be frozen, "+
				"and a frozen group above cannot be thawed from here: %w", verb, p.dir, frozen, ctx.Err())
		}
		// The kernel raises POLLPRI when the file changes. The wait is short, so that
		// the end of ctx is noticed.
		poll := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(poll, 20); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("%s cgroup %s: wait for it: %w", verb, p.dir, err)
		}
	}
}
