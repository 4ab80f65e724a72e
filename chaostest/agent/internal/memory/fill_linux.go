package memory

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
)

// Program is the name of the worker that fills.
const Program = "memory"

type config struct {
	// Goal is the working set to reach, and Step the most to take at once, in bytes.
	Goal uint64 `json:"goal"`
	Step uint64 `json:"step"`
}

type reading struct {
	Held       uint64 `json:"held"`
	WorkingSet uint64 `json:"workingSet"`
	Reached    bool   `json:"reached"`
	// Swappable says that the machine has swap and may put the memory there.
	Swappable bool `json:"swappable"`
}

const (
	// maxStep is the most that is taken at once near the goal.
	maxStep = 1 << 20
	// pace is how often the worker reports, and looks at the working set once the
	// goal is reached.
	pace = 20 * time.Millisecond
)

// step is how much is taken at once, and so how exact the goal is met: a
// thousandth of the limit, from 64 KiB, below which the kernel's own batches
// of pages hide it, to 1 MiB.
func step(limit uint64) uint64 {
	return min(max(limit/1000, 64<<10), maxStep) / uint64(os.Getpagesize()) * uint64(os.Getpagesize())
}

var _ worker.Program = Fill

// Fill is the worker.
func Fill(job *worker.Job) error {
	var c config
	if err := job.Config(&c); err != nil {
		return err
	}
	// What this program allocates for itself counts in the container's memory. So
	// what goes on for long, below, allocates next to nothing.
	debug.SetGCPercent(10)
	meter, err := job.Target.OpenWorkingSetMeter()
	if err != nil {
		return err
	}
	defer func() { _ = meter.Close() }() // files that were only read
	// The kernel takes this process before any of the container's.
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("offer itself to the out-of-memory killer: %w", err)
	}
	// Far from the goal in huge pages where the kernel has some, because they are
	// given back faster: when the kernel has killed this process for want of
	// memory, and the machine is too busy for the memory to come back at once, it
	// kills another.
	coarse, err := reserve(c.Goal, unix.MADV_HUGEPAGE)
	if err != nil {
		return err
	}
	fine, err := reserve(c.Goal, unix.MADV_NOHUGEPAGE)
	if err != nil {
		return err
	}
	// The first collection makes what all later ones use, some sixty pages, and might
	// else come when the goal is reached.
	runtime.GC()
	job.Ready()

	var last reading // that was reported
	var reported time.Time
	for reached := false; ; {
		set, err := meter.Read()
		if err != nil {
			return err
		}
		held := coarse.held + fine.held
		// What is held never passes the goal, even where pages go to swap and
		// leave the working set.
		if gap := c.Goal - min(c.Goal, max(set, held)); gap >= c.Step && job.Leased() {
			if gap >= hugePage+c.Step {
				coarse.take(hugePage)
			} else {
				fine.take(c.Step)
			}
			if time.Since(reported) < pace {
				continue
			}
		} else {
			reached = reached || set+c.Step > c.Goal
			time.Sleep(pace)
		}
		now := reading{Held: coarse.held + fine.held, WorkingSet: set, Reached: reached, Swappable: coarse.swappable || fine.swappable}
		if now.like(last, c.Step) {
			continue
		}
		last, reported = now, time.Now()
		if err := job.Report(now); err != nil {
			return err
		}
	}
}

// like reports whether a reading tells nothing new beside the last one. Step is
// how exact it is.
func (r reading) like(last reading, step uint64) bool {
	apart := max(r.WorkingSet, last.WorkingSet) - min(r.WorkingSet, last.WorkingSet)
	r.WorkingSet = last.WorkingSet
	return r == last && apart < step
}
