package cpu

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
)

// Program is the name of the worker that burns.
const Program = "cpu"

type config struct {
	Share float64 `json:"share"`
	// Threads is the most processors that the quota may allow while the fault lasts.
	Threads int `json:"threads"`
}

// reading is what the worker has measured. The agent keeps the last one for when
// the cgroup is gone.
type reading struct {
	// Began is when the worker began, and Since the processor time used until then.
	Began uint64        `json:"began"`
	Since time.Duration `json:"since"`
	// At is when the worker last looked, and Usage the processor time used until then.
	At    uint64        `json:"at"`
	Usage time.Duration `json:"usage"`
	// Cores is the present quota. Full is the processor time that the quota has allowed
	// since the start: another fault or another program may have changed the quota.
	Cores float64       `json:"cores"`
	Full  time.Duration `json:"full"`
	// Asked is the processor time that the loop has asked the threads to burn.
	Asked time.Duration `json:"asked"`
	// Burnt is the worker's own processor time until then, from its start on.
	Burnt time.Duration `json:"burnt"`
	// Excess is what the container has used beyond its share by itself, and the loop has
	// not made up for.
	Excess time.Duration `json:"excess"`
	// Turn is how long a turn of the loop is, and Step the steps in which the kernel counts.
	Turn time.Duration `json:"turn"`
	Step time.Duration `json:"step"`
}

// reportEvery is how long it takes at least from one reading to the next, and reportTurns
// how many turns. Both together keep the cost of readings small.
const (
	reportEvery = 100 * time.Millisecond
	reportTurns = 5
)

var _ worker.Program = Burn

// Burn is the worker's program. It has one thread for each processor that the quota
// may allow. The first thread also runs the loop, so that a single thread suffices
// for a quota of one processor or less.
func Burn(job *worker.Job) error {
	var c config
	if err := job.Config(&c); err != nil {
		return err
	}
	meter, err := job.Target.OpenCPUMeter()
	if err != nil {
		return err
	}
	l := loop{share: c.Share}
	if l.cores, _, err = job.Target.CPUQuota(); err != nil {
		return err
	}
	step := clockStep()
	cost, err := costOfATurn(job, meter, step)
	if err != nil {
		return err
	}
	if err := refuse(l, cost, step); err != nil {
		return err
	}
	threads := c.Threads
	runtime.GOMAXPROCS(threads + 1)
	runtime.LockOSThread()
	others := startThreads(threads - 1)
	runtime.GC() // makes Go's runtime start its threads now, before the target's limits apply
	job.Ready()

	used, err := meter.Read()
	if err != nil {
		return err
	}
	var asked, full time.Duration
	last, burnt := injector.Monotonic(), clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	began, since, reported := last, used, last
	for tick, n := last, 0; ; n++ {
		l.period = turn(cost, l.share, l.cores)
		if step > coarse {
			l.period = longestTurn // a shorter one would be a few steps of the counter
		}
		tick = max(tick+uint64(l.wait()), injector.Monotonic()) // after a freeze, continue from now
		if err := sleepUntil(tick); err != nil {
			return err
		}
		nowUsed, err := meter.Read()
		if err != nil {
			return err
		}
		now, nowBurnt := injector.Monotonic(), clock(unix.CLOCK_PROCESS_CPUTIME_ID)
		amount := l.next(time.Duration(now-last), nowUsed-used, nowBurnt-burnt)
		full += time.Duration(float64(now-last) * l.cores)
		last, used, burnt = now, nowUsed, nowBurnt
		// The second turn sees what the first has burnt.
		if n == 1 || (n%reportTurns == 1 || l.rest >= reportEvery) && now-reported >= uint64(reportEvery) {
			reported = now
			if l.cores, _, err = job.Target.CPUQuota(); err != nil {
				return err
			}
			if err := job.Report(reading{
				Began: began, Since: since, At: now, Usage: used, Cores: l.cores, Full: full, Asked: asked, Burnt: burnt, Excess: l.byContainer(), Turn: l.period, Step: step,
			}); err != nil {
				return err
			}
		}
		if amount == 0 || !job.Leased() {
			continue
		}
		asked += amount
		each := burst{amount / time.Duration(threads), injector.In(l.period + step)}
		for _, thread := range others {
			select {
			case thread <- each:
			default: // it still waits for a processor, and the loop will see the deficit
			}
		}
		each.spin()
	}
}

// startThreads starts threads that burn what they are sent. One burst may wait while a
// thread still burns the last.
func startThreads(n int) []chan<- burst {
	threads := make([]chan<- burst, n)
	started := make(chan struct{})
	for i := range threads {
		work := make(chan burst, 1)
		threads[i] = work
		go func() {
			runtime.LockOSThread()
			started <- struct{}{}
			for each := range work {
				each.spin()
			}
		}()
		<-started
	}
	return threads
}

// burst is how much of a thread's processor time is to be burnt, and until when: a
// thread that had to wait must not burn late what was meant for now.
type burst struct {
	amount time.Duration
	until  uint64
}

func (b burst) spin() {
	start := clock(unix.CLOCK_THREAD_CPUTIME_ID)
	x := uint64(1)
	for clock(unix.CLOCK_THREAD_CPUTIME_ID)-start < b.amount && injector.Monotonic() < b.until {
		for range 4000 { // some microseconds before the next look at the clock
			x = x*6364136223846793005 + 1442695040888963407
		}
	}
	runtime.KeepAlive(x)
}

func clock(id int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		panic("clock_gettime: " + err.Error()) // only a wrong argument makes it fail
	}
	return time.Duration(t.Nano())
}

func sleepUntil(at uint64) error {
	t := unix.NsecToTimespec(int64(at))
	for {
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("sleep: %w", err)
		}
		return nil
	}
}
