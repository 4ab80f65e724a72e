package memory

import (
	"fmt"
	"math/rand/v2"
	"os"
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
	// Locked says that the memory cannot be swapped out.
	Locked bool `json:"locked"`
}

const (
	// maxStep is the most that the goal is ever passed by.
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

// Fill is the worker. It reserves addresses for all it may ever hold, and makes
// them memory page by page by writing to them.
func Fill(seat *worker.Seat) error {
	var c config
	if err := seat.Config(&c); err != nil {
		return err
	}
	// What this program allocates for itself counts in the container's memory.
	debug.SetGCPercent(10)
	// The kernel takes this process before any of the container's.
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("offer itself to the out-of-memory killer: %w", err)
	}
	arena, err := unix.Mmap(-1, 0, int(c.Goal), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("reserve addresses for %d bytes: %w", c.Goal, err)
	}
	// A huge page would take 2 MiB at the first byte. Kernels without huge pages
	// do not know the advice.
	if err := unix.Madvise(arena, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return fmt.Errorf("forbid huge pages: %w", err)
	}
	seat.Ready()

	var held uint64
	var reported time.Time
	for locked, reached := true, false; ; {
		set, err := seat.Target.WorkingSet()
		if err != nil {
			return err
		}
		// What is held never passes the goal, even where pages go to swap and
		// leave the working set.
		if set+c.Step <= c.Goal && held+c.Step <= c.Goal && seat.Leased() {
			part := arena[held : held+c.Step]
			// Keeps the pages out of the swap, where the agent is allowed to.
			locked = locked && unix.Mlock(part) == nil
			touch(part)
			held += c.Step
			if time.Since(reported) < pace {
				continue
			}
		} else {
			reached = reached || set+c.Step > c.Goal
			time.Sleep(pace)
		}
		reported = time.Now()
		if err := seat.Report(reading{Held: held, WorkingSet: set, Reached: reached, Locked: locked}); err != nil {
			return err
		}
	}
}

// touch writes something of its own to every page, so that no two are equal and
// none compresses to nothing.
func touch(part []byte) {
	for at := 0; at < len(part); at += os.Getpagesize() {
		page := part[at:min(at+os.Getpagesize(), len(part))]
		for i := 0; i+8 <= len(page); i += 64 {
			word := rand.Uint64()
			page[i], page[i+1], page[i+2], page[i+3] = byte(word), byte(word>>8), byte(word>>16), byte(word>>24)
		}
	}
}
