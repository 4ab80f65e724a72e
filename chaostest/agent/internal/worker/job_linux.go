package worker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
)

// Program is what a worker runs. It prepares, calls Ready, and then works until
// its process ends. It returns only when it cannot go on.
type Program func(*Job) error

// Main runs a worker, and does not return, if the process was started as one.
// In any other process it returns at once. Call it first in main.
func Main(programs map[string]Program) {
	if len(os.Args) != 2 || os.Args[0] != name {
		return
	}
	// The kernel's messages would otherwise call this process "exe".
	_ = os.WriteFile("/proc/self/comm", []byte("chaosgate-"+os.Args[1]), 0)
	j := &Job{pidfd: -1, begin: make(chan struct{}), now: injector.Monotonic}
	if err := j.run(programs[os.Args[1]]); err != nil {
		j.end(Failed, err)
	}
}

// Job is what a program has to do, and the lease that limits it.
type Job struct {
	// Target is the cgroup of the target.
	Target *cgroup.Group

	config json.RawMessage
	input  int // file descriptor of the pipe from the agent
	pidfd  int
	now    func() uint64
	until  atomic.Uint64
	begin  chan struct{}
	out    sync.Mutex
}

func (j *Job) run(program Program) error {
	if program == nil {
		return fmt.Errorf("start worker %q: there is no such program", os.Args[1])
	}
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	if j.pidfd, err = unix.PidfdOpen(o.PID, 0); err != nil && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("watch process %d: %w", o.PID, err)
	}
	if j.Target, err = cgroup.Of(o.PID, o.Container); err != nil {
		return err
	}
	for fd := range 2 {
		if err := unix.SetNonblock(fd, true); err != nil {
			return fmt.Errorf("prepare pipe: %w", err)
		}
	}
	j.config = o.Config
	return program(j)
}

// Config decodes the program's configuration.
func (j *Job) Config(into any) error {
	if err := json.Unmarshal(j.config, into); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return nil
}

// Ready tells the agent that the program is prepared. It returns when the process
// is in the target's cgroup and the lease has begun. Start threads before: they
// count against the target's limit on processes afterwards.
func (j *Job) Ready() {
	go func() { j.end(j.watch()) }()
	j.send(message{Ready: true})
	<-j.begin
}

// Leased reports whether the lease still runs. A moment after its end the process
// ends by itself.
func (j *Job) Leased() bool { return j.now() < j.until.Load() }

// Report sends a reading to the agent. It does not wait: readings that the agent
// does not read are lost.
func (j *Job) Report(reading any) error {
	data, err := json.Marshal(reading)
	if err != nil {
		return fmt.Errorf("encode reading: %w", err)
	}
	j.send(message{Reading: data})
	return nil
}

func (j *Job) send(m message) {
	data, err := json.Marshal(m)
	if err != nil {
		panic("encode message: " + err.Error()) // it holds strings and valid JSON only
	}
	j.out.Lock()
	defer j.out.Unlock()
	_, _ = unix.Write(1, append(data, '\n')) // if the agent is gone, the closed input pipe ends this process
}

func (j *Job) end(why Ending, err error) {
	m := message{Ended: why}
	if err != nil {
		if why == Failed && j.Target != nil && !j.Target.Alive() {
			m.Ended = TargetDied
		}
		m.Error = err.Error()
	}
	j.send(m)
	os.Exit(0)
}

// checkTargetEvery is how often a worker looks whether the target lives, on a
// kernel before 5.3, which has no pidfd to wait for.
const checkTargetEvery = 50 * time.Millisecond

// After a lapse the worker waits lapseTurns times lapseTurn for a renewal. When the whole
// machine has stood still, the agent needs that to run again. The sum, and the lease, are
// below the 2 s within which a fault must end.
const (
	lapseTurns = 4
	lapseTurn  = 100 * time.Millisecond
)

// watch returns when the worker has to end.
func (j *Job) watch() (Ending, error) {
	lapsed := 0 // the turns since the lease has lapsed
	fds := []unix.PollFd{{Fd: int32(j.input), Events: unix.POLLIN}, {Fd: int32(j.pidfd), Events: unix.POLLIN}}
	for {
		timeout := -1
		until := j.until.Load()
		if until > 0 {
			left := time.Duration(max(int64(until-j.now()), 0))
			if left == 0 {
				left = lapseTurn
			}
			timeout = int((left + time.Millisecond - 1) / time.Millisecond)
		}
		if j.pidfd < 0 && (timeout < 0 || timeout > int(checkTargetEvery.Milliseconds())) {
			timeout = int(checkTargetEvery.Milliseconds())
		}
		if _, err := unix.Poll(fds, timeout); err != nil && !errors.Is(err, unix.EINTR) {
			return Failed, fmt.Errorf("wait for the agent: %w", err)
		}
		// Take the time before reading the renewals. The process may be frozen at any
		// point, and a renewal that came before that time must count.
		now := j.now()
		if open, err := j.readLease(); err != nil || !open {
			return Stopped, err
		}
		switch until = j.until.Load(); {
		case fds[1].Revents != 0, j.pidfd < 0 && !j.Target.Alive():
			return TargetDied, nil
		case until == 0 || now < until:
			lapsed = 0
		default:
			// A turn that a standstill has made long counts once.
			if lapsed++; lapsed > lapseTurns {
				return Lapsed, nil
			}
		}
	}
}

// readLease reads all lease ends that wait in the pipe. Open is false when the
// agent has closed it.
func (j *Job) readLease() (open bool, err error) {
	var buffer [64 * 8]byte
	for {
		n, err := unix.Read(j.input, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return true, nil
		case err != nil:
			return false, fmt.Errorf("read lease: %w", err)
		case n == 0:
			return false, nil
		case n%8 != 0:
			return false, fmt.Errorf("read lease: got %d bytes, which is not a multiple of 8", n)
		}
		first := j.until.Load() == 0
		j.until.Store(binary.LittleEndian.Uint64(buffer[n-8 : n]))
		if first {
			close(j.begin)
		}
	}
}
