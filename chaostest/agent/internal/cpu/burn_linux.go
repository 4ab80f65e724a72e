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
	// Threads is how many processors the quota may ever be worth.
	Threads int `json:"threads"`
}

// reading is the worker's view, kept by the agent for when the cgroup is gone.
type reading struct {
	// Began is when the worker began, and Since what had been used then.
	Began uint64        `json:"began"`
	Since time.Duration `json:"since"`
	// At is when it looked last, and Usage what had been used then.
	At    uint64        `json:"at"`
	Usage time.Duration `json:"usage"`
	// Cores is the quota, and Full the time that it was worth since the start: a
	// quota may change, by another fault or by somebody else.
	Cores float64       `json:"cores"`
	Full  time.Duration `json:"full"`
	// Asked is the sum of what the loop has asked the threads to burn.
	Asked time.Duration `json:"asked"`
}

// reportEvery is how many periods there are to a reading.
const reportEvery = 10

var _ worker.Program = Burn

// Burn is the worker: one thread for each processor that the quota may be worth. The first
// closes the loop, and burns its part like the others, so that half a processor
// is burnt by one thread that wakes once a period.
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
	threads := c.Threads
	runtime.GOMAXPROCS(threads + 1)
	runtime.LockOSThread()
	hands := startHands(threads - 1)
	runtime.GC() // makes the runtime's own threads now, while no target's limit holds
	job.Ready()

	used, err := meter.Read()
	if err != nil {
		return err
	}
	var asked, full time.Duration
	last, burnt := injector.Monotonic(), clock(unix.CLOCK_PROCESS_CPUTIME_ID)
	began, since := last, used
	for tick, n := last, 0; ; n++ {
		tick = max(tick+uint64(period), injector.Monotonic()) // no hurry after a freeze
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
		if n%reportEvery == 1 { // the second turn sees the first burn
			if l.cores, _, err = job.Target.CPUQuota(); err != nil {
				return err
			}
			if err := job.Report(reading{Began: began, Since: since, At: now, Usage: used, Cores: l.cores, Full: full, Asked: asked}); err != nil {
				return err
			}
		}
		if amount == 0 || !job.Leased() {
			continue
		}
		asked += amount
		each := amount / time.Duration(threads)
		for _, h := range hands {
			select {
			case h <- each:
			default: // it waits for a processor, and the loop sees what is missing
			}
		}
		spin(each)
	}
}

// startHands starts threads that burn what they are sent. One amount may wait
// while a hand still burns the one before.
func startHands(n int) []chan<- time.Duration {
	hands := make([]chan<- time.Duration, n)
	started := make(chan struct{})
	for i := range hands {
		work := make(chan time.Duration, 1)
		hands[i] = work
		go func() {
			runtime.LockOSThread()
			started <- struct{}{}
			for amount := range work {
				spin(amount)
			}
		}()
		<-started
	}
	return hands
}

// spin uses that much of the thread's processor time, unless the period ends
// before: a thread that was kept waiting must not burn later what was meant for now.
func spin(amount time.Duration) {
	start, deadline := clock(unix.CLOCK_THREAD_CPUTIME_ID), injector.In(period)
	x := uint64(1)
	for clock(unix.CLOCK_THREAD_CPUTIME_ID)-start < amount && injector.Monotonic() < deadline {
		for range 4000 { // some microseconds between two looks at the clock
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
