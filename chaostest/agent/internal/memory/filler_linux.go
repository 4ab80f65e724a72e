package memory

import (
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
)

// filler takes memory until the container has reached its share.
type filler struct {
	config
	// Far from the goal it takes huge pages where the kernel has some, because they are
	// freed faster. When memory runs out, the kernel kills this process first. If its
	// memory came back too late, the kernel would kill another process, too.
	coarse, fine *arena
	now          reading
	limit        uint64 // the one that was followed last
	// catching says that the limit has changed, and the share of it was not reached yet.
	catching bool
}

// newFiller reserves addresses for a limit that somebody may raise later. That takes no
// memory.
func newFiller(c config, limit uint64) (*filler, error) {
	var machine unix.Sysinfo_t
	size := limit
	if err := unix.Sysinfo(&machine); err == nil {
		size = min(max(uint64(machine.Totalram)*uint64(machine.Unit), limit), 16*limit)
	}
	coarse, err := reserve(size, unix.MADV_HUGEPAGE)
	if err != nil {
		return nil, err
	}
	fine, err := reserve(size, unix.MADV_NOHUGEPAGE)
	if err != nil {
		return nil, err
	}
	return &filler{config: c, coarse: coarse, fine: fine, limit: limit, now: reading{Limit: limit}}, nil
}

// look notes how much the container uses, and for how long it was beside its share.
func (f *filler) look(used uint64) {
	before := f.now.At
	f.catching = f.catching || f.now.Limit != f.limit
	f.now.At, f.now.Used = injector.Monotonic(), used
	if !f.now.Reached {
		return
	}
	share := float64(used) / float64(f.now.Limit)
	f.now.Below = share < f.Share-point && !f.catching
	switch span := f.now.since(before); {
	case f.now.Below:
		f.now.Low += span
	case share > f.Share+point:
		f.now.High += span
	}
}

// follow takes a step towards the goal if that is far enough. It gives memory back only
// when somebody has lowered the limit: a container that grows is to meet it.
func (f *filler) follow() (took bool, err error) {
	goal := uint64(f.Share * float64(f.now.Limit))
	lowered := f.now.Limit < f.limit
	f.limit = f.now.Limit
	defer func() {
		f.now.Held = f.coarse.held + f.fine.held
		f.now.Swappable = f.coarse.swappable || f.fine.swappable
	}()
	if lowered && f.now.Used > goal {
		f.catching = false
		excess := min(f.now.Used-goal, f.now.Held)
		fromFine := min(excess, f.fine.held)
		if err := f.fine.give(fromFine); err != nil {
			return false, err
		}
		return false, f.coarse.give(excess - fromFine)
	}
	// The worker never holds more than the goal, even when pages go to swap and so are
	// used no longer.
	gap := goal - min(goal, max(f.now.Used, f.now.Held))
	switch {
	case gap >= hugePage+f.Step && f.coarse.fits(hugePage):
		f.coarse.take(hugePage)
	case gap >= f.Step && f.fine.fits(f.Step):
		f.fine.take(f.Step)
	default:
		f.catching = false
		if !f.now.Reached && f.now.Used+f.Step > goal {
			f.now.Reached, f.now.Since = true, f.now.At
		}
		return false, nil
	}
	return true, nil
}
