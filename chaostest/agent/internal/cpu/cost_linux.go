package cpu

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
)

// clockStep is the step in which the kernel counts the processor time of a thread: below
// a microsecond on most machines, and a whole tick of 10 ms where the scheduler's clock
// counts ticks, as in user-mode-linux.
func clockStep() time.Duration {
	const enough = 60 * time.Millisecond // some ticks
	start, last := injector.Monotonic(), clock(unix.CLOCK_THREAD_CPUTIME_ID)
	least := enough
	for steps := 0; steps < 3 && injector.Monotonic() < start+uint64(enough); {
		if now := clock(unix.CLOCK_THREAD_CPUTIME_ID); now > last {
			least, last = min(least, now-last), now
			steps++
		}
	}
	return least
}

// costOfATurn measures how much processor time a turn of the loop takes when it burns
// nothing. It does what the loop does, while the process is not in the target's cgroup.
func costOfATurn(job *worker.Job, meter *cgroup.CPUMeter, step time.Duration) (time.Duration, error) {
	const turns = 4 * reportTurns
	before := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	var short, long []time.Duration
	for n := range turns {
		if err := sleepUntil(injector.In(time.Millisecond)); err != nil {
			return 0, err
		}
		start := injector.Monotonic()
		if _, err := meter.Read(); err != nil {
			return 0, err
		}
		if n%reportTurns != 0 {
			short = append(short, time.Duration(injector.Monotonic()-start))
			continue
		}
		if _, _, err := job.Target.CPUQuota(); err != nil {
			return 0, err
		}
		if _, err := json.Marshal(reading{}); err != nil {
			return 0, err
		}
		long = append(long, time.Duration(injector.Monotonic()-start))
	}
	if step <= coarse {
		return (clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before) / turns, nil
	}
	// The counter is too coarse for this, so take the time on the clock. The sleep costs
	// about as much as the rest.
	slices.Sort(short)
	slices.Sort(long)
	return 2 * (short[len(short)/2] + long[len(long)/2]/reportTurns), nil
}

// coarse is the step from which on turns are as long as they can be, so that a turn is
// some steps.
const coarse = time.Millisecond

// refuse refuses a share that the burner could not keep, because it costs more itself, or
// because the kernel counts too coarsely.
func refuse(l loop, cost, step time.Duration) error {
	// In a longest turn the container must use at least a step.
	if least := float64(step) / float64(longestTurn) / l.cores; step > coarse && l.share < least {
		return fmt.Errorf("the kernel counts processor time in steps of %s, which is too coarse for %.3g %% of %.3g processors: "+
			"ask for at least %.0f %%, or give the container a larger quota", step, 100*l.share, l.cores, math.Ceil(100*least))
	}
	if least := leastShare(cost, l.cores); l.share < least {
		return fmt.Errorf("the burner itself needs %.2g %% of a processor, and %.3g %% of %.3g processors is too little beside that: "+
			"ask for at least %.0f %%, or give the container a larger quota", 100*float64(cost)/float64(longestTurn), 100*l.share, l.cores, math.Ceil(100*least))
	}
	return nil
}
