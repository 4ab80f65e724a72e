package cpu

import (
	"encoding/json"
	"fmt"
	"math"
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
	const enough = time.Second // for some ticks, also of a machine that stands still at times
	start, last := injector.Monotonic(), clock(unix.CLOCK_THREAD_CPUTIME_ID)
	least := enough
	for steps := 0; steps < 5 && injector.Monotonic() < start+uint64(enough); {
		if now := clock(unix.CLOCK_THREAD_CPUTIME_ID); now > last {
			least, last = min(least, now-last), now
			steps++
		}
	}
	return least
}

// costOfATurn measures how much processor time a turn of the loop takes when it burns
// nothing. It does what the loop does, while the process is not in the target's cgroup. It
// takes the cheapest turns, because a machine that stands still makes some expensive.
func costOfATurn(job *worker.Job, meter *cgroup.CPUMeter, step time.Duration) (time.Duration, error) {
	const turns = 6 * reportTurns
	short, long := time.Minute, time.Minute
	for n := range turns {
		before := clock(unix.CLOCK_PROCESS_CPUTIME_ID)
		if err := sleepUntil(injector.In(time.Millisecond)); err != nil {
			return 0, err
		}
		start := injector.Monotonic()
		if _, err := meter.Read(); err != nil {
			return 0, err
		}
		reports := n%reportTurns == 0
		if reports {
			if _, _, err := job.Target.CPUQuota(); err != nil {
				return 0, err
			}
			if _, err := json.Marshal(reading{}); err != nil {
				return 0, err
			}
		}
		took := clock(unix.CLOCK_PROCESS_CPUTIME_ID) - before
		if step > coarse { // the counter does not tell, and a sleep costs about as much as the rest
			took = 2 * time.Duration(injector.Monotonic()-start)
		}
		if reports {
			long = min(long, took)
		} else {
			short = min(short, took)
		}
	}
	return short + long/reportTurns, nil
}

// coarse is the step from which on turns are as long as they can be, so that a turn is
// some steps.
const coarse = time.Millisecond

// refuse refuses a share that the burner could not keep, because it costs more itself, or
// because the kernel counts too coarsely.
func refuse(l loop, cost, step time.Duration) error {
	// In a longest rest the container must use at least two steps.
	if least := float64(2*step) / float64(longestRest) / l.cores; step > coarse && l.share < least {
		return fmt.Errorf("the kernel counts processor time in steps of %s, which is too coarse for %.3g %% of %.3g processors: "+
			"ask for at least %.0f %%, or give the container a larger quota", step, 100*l.share, l.cores, math.Ceil(100*least))
	}
	if least := leastShare(cost, l.cores); l.share < least {
		return fmt.Errorf("the burner itself needs %.2g %% of a processor, and %.3g %% of %.3g processors is too little beside that: "+
			"ask for at least %.0f %%, or give the container a larger quota", 100*float64(cost)/float64(longestTurn), 100*l.share, l.cores, math.Ceil(100*least))
	}
	return nil
}
