package memory

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
)

// Program is the name of the worker that fills memory.
const Program = "memory"

type config struct {
	// Share is the share of the limit to reach, and Step how much to take at once, in
	// bytes.
	Share float64 `json:"share"`
	Step  uint64  `json:"step"`
}

type reading struct {
	Held uint64 `json:"held"`
	// Used is the container's memory without page cache, and Limit its limit.
	Used  uint64 `json:"used"`
	Limit uint64 `json:"limit"`
	// Reached says that the share was reached. At is when the worker last looked, Since
	// when it has reached the share, and Low and High how much of the time since then the
	// container was more than a point below or above its share.
	Reached bool          `json:"reached"`
	Since   uint64        `json:"since"`
	At      uint64        `json:"at"`
	Low     time.Duration `json:"low"`
	High    time.Duration `json:"high"`
	Below   bool          `json:"below"` // whether it is below now
	// Swappable says that the machine has swap and may put the memory there.
	Swappable bool `json:"swappable"`
}

const (
	// maxStep is the most that is taken at once near the goal.
	maxStep = 1 << 20
	// lookEvery is how often the worker looks once the goal is reached, and how often it
	// reports until then.
	lookEvery = 20 * time.Millisecond
	// reportEvery is how often it reports when nothing changes.
	reportEvery = 250 * time.Millisecond
	// point is how far from the share the container counts as at its share.
	point = 0.01
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
	// allocates almost nothing, and the garbage is collected early.
	debug.SetGCPercent(1)
	meter, err := job.Target.OpenMemoryMeter()
	if err != nil {
		return err
	}
	defer func() { _ = meter.Close() }() // files that were only read
	limit, limited, err := meter.Limit()
	if err != nil || !limited {
		return errors.Join(errors.New("the limit is gone"), err)
	}
	// The kernel kills this process before those of the container.
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0); err != nil {
		return fmt.Errorf("make the worker the first choice of the out-of-memory killer: %w", err)
	}
	f, err := newFiller(c, limit)
	if err != nil {
		return err
	}
	// The first garbage collection allocates some sixty pages that later ones reuse.
	// Run it now, before the goal is reached.
	runtime.GC()
	job.Ready()

	var last reading // the last one that was reported
	for {
		used, err := meter.Used()
		if err != nil {
			return err
		}
		if limit, limited, err := meter.Limit(); err != nil {
			return err
		} else if limited { // without one, the last one goes on
			f.now.Limit = limit
		}
		f.look(used)
		took := false
		if job.Leased() {
			if took, err = f.follow(); err != nil {
				return err
			}
		}
		if f.now.news(last, c.Step) {
			last = f.now
			if err := job.Report(last); err != nil {
				return err
			}
		}
		if !took {
			time.Sleep(lookEvery)
		}
	}
}

// since is how long ago something was, by the time of the reading.
func (r reading) since(at uint64) time.Duration { return time.Duration(r.At - at) }

// news reports whether a reading is worth a report after the last one.
func (r reading) news(last reading, step uint64) bool {
	since := r.since(last.At)
	if r.Reached != last.Reached || r.Limit != last.Limit || r.Below != last.Below || since >= reportEvery {
		return true
	}
	apart := max(r.Used, last.Used) - min(r.Used, last.Used)
	return (r.Held != last.Held || apart >= step) && since >= lookEvery
}
