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

// Program is the name of the worker that fills memory.
const Program = "memory"

type config struct {
	// Goal is the working set to reach, and Step how much to take at once, in bytes.
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
	// reportEvery is how often the worker reports. It is also how often it reads the
	// working set once the goal is reached.
	reportEvery = 20 * time.Millisecond
)

// step is how much is taken at once, and so how exactly the goal is met. It is a
// thousandth of the limit, but at least 64 KiB, because the kernel counts pages in
// batches of about that size, and at most 1 MiB.
func step(limit uint64) uint64 {
	return min(max(limit/1000, 64<<10), maxStep) / uint64(os.Getpagesize()) * uint64(os.Getpagesize())
}

var _ worker.Program = Fill

// Fill is the worker's program.
func Fill(job *worker.Job) error {
	var c config
	if err := job.Config(&c); err != nil {
		return err
	}
	// What this program allocates counts as the container's memory. So the loop below
	// allocates almost nothing.
	debug.SetGCPercent(10)
	meter, err := job.Target.OpenWorkingSetMeter()
	if err != nil {
		return err
	}
	defer func() { _ = meter.Close() }() // files that were only read
	// The kernel kills this process before those of the container.
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("make the worker the first choice of the out-of-memory killer: %w", err)
	}
	// Far from the goal, take huge pages where the kernel has some, because they are
	// freed faster. When memory runs out, the kernel kills this process first. If its
	// memory came back too late, the kernel would kill another process, too.
	coarse, err := reserve(c.Goal, unix.MADV_HUGEPAGE)
	if err != nil {
		return err
	}
	fine, err := reserve(c.Goal, unix.MADV_NOHUGEPAGE)
	if err != nil {
		return err
	}
	// The first garbage collection allocates some sixty pages that later ones reuse.
	// Run it now, before the goal is reached.
	runtime.GC()
	job.Ready()

	var last reading // the last one that was reported
	var reported time.Time
	for reached := false; ; {
		workingSet, err := meter.Read()
		if err != nil {
			return err
		}
		held := coarse.held + fine.held
		// The worker never holds more than the goal, even when pages go to swap and so
		// leave the working set.
		if gap := c.Goal - min(c.Goal, max(workingSet, held)); gap >= c.Step && job.Leased() {
			if gap >= hugePage+c.Step {
				coarse.take(hugePage)
			} else {
				fine.take(c.Step)
			}
			if time.Since(reported) < reportEvery {
				continue
			}
		} else {
			reached = reached || workingSet+c.Step > c.Goal
			time.Sleep(reportEvery)
		}
		now := reading{Held: coarse.held + fine.held, WorkingSet: workingSet, Reached: reached, Swappable: coarse.swappable || fine.swappable}
		if now.sameAs(last, c.Step) {
			continue
		}
		last, reported = now, time.Now()
		if err := job.Report(now); err != nil {
			return err
		}
	}
}

// sameAs reports whether a reading says the same as the last one, apart from less
// than a step in the working set.
func (r reading) sameAs(last reading, step uint64) bool {
	apart := max(r.WorkingSet, last.WorkingSet) - min(r.WorkingSet, last.WorkingSet)
	r.WorkingSet = last.WorkingSet
	return r == last && apart < step
}
