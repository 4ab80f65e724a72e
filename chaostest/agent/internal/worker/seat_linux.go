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

// Program is what a worker does. It prepares, calls Ready, and then works until
// the process is ended around it; it returns only when it cannot go on.
type Program func(seat *Seat) error

// Main runs the worker that the process was started as, and does not return
// then; in any other process it returns at once. It comes first in main.
func Main(programs map[string]Program) {
	if len(os.Args) != 2 || os.Args[0] != name {
		return
	}
	// The kernel's messages name a process by this; without it, by "exe".
	_ = os.WriteFile("/proc/self/comm", []byte("chaosgate-"+os.Args[1]), 0)
	s := &Seat{pidfd: -1, begin: make(chan struct{})}
	if err := s.run(programs[os.Args[1]]); err != nil {
		s.end(Failed, err)
	}
}

// Seat is where a program sits: what it was ordered to do, and the lease.
type Seat struct {
	// Target is the cgroup of the target.
	Target *cgroup.Group

	config json.RawMessage
	pidfd  int
	until  atomic.Uint64
	begin  chan struct{}
	out    sync.Mutex
}

func (s *Seat) run(program Program) error {
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
	if s.pidfd, err = unix.PidfdOpen(o.PID, 0); err != nil && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("watch process %d: %w", o.PID, err)
	}
	if s.Target, err = cgroup.Of(o.PID, o.Container); err != nil {
		return err
	}
	for fd := range 2 {
		if err := unix.SetNonblock(fd, true); err != nil {
			return fmt.Errorf("prepare pipe: %w", err)
		}
	}
	s.config = o.Config
	return program(s)
}

// Config decodes the program's configuration.
func (s *Seat) Config(into any) error {
	if err := json.Unmarshal(s.config, into); err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return nil
}

// Ready says that the program is prepared, and returns when the process is in
// the target's cgroup and the lease has begun. Threads are best made before: the
// target's limit on processes holds after.
func (s *Seat) Ready() {
	go func() { s.end(s.watch()) }()
	s.send(message{Ready: true})
	<-s.begin
}

// Leased reports whether the lease runs. When it has passed the process ends by
// itself a moment later.
func (s *Seat) Leased() bool { return injector.Monotonic() < s.until.Load() }

// Report sends a reading to the agent. It does not wait: when the agent does not
// read, readings are lost.
func (s *Seat) Report(reading any) error {
	data, err := json.Marshal(reading)
	if err != nil {
		return fmt.Errorf("encode reading: %w", err)
	}
	s.send(message{Reading: data})
	return nil
}

func (s *Seat) send(m message) {
	data, err := json.Marshal(m)
	if err != nil {
		panic("encode message: " + err.Error()) // it holds strings and valid JSON only
	}
	s.out.Lock()
	defer s.out.Unlock()
	_, _ = unix.Write(1, append(data, '\n')) // an agent that is gone ends us by the pipe
}

func (s *Seat) end(why Ending, err error) {
	m := message{Ended: why}
	if err != nil {
		if why == Failed && s.Target != nil && !s.Target.Alive() {
			m.Ended = TargetDied
		}
		m.Error = err.Error()
	}
	s.send(m)
	os.Exit(0)
}

// withoutPidfd is how often a kernel before 5.3 is asked whether the target lives.
const withoutPidfd = 50 * time.Millisecond

// watch returns when the worker has to end.
func (s *Seat) watch() (Ending, error) {
	fds := []unix.PollFd{{Fd: 0, Events: unix.POLLIN}, {Fd: int32(s.pidfd), Events: unix.POLLIN}}
	for {
		timeout := -1
		until := s.until.Load()
		if until > 0 {
			left := time.Duration(max(int64(until-injector.Monotonic()), 0))
			timeout = int((left + time.Millisecond - 1) / time.Millisecond)
		}
		if s.pidfd < 0 && (timeout < 0 || timeout > int(withoutPidfd.Milliseconds())) {
			timeout = int(withoutPidfd.Milliseconds())
		}
		if _, err := unix.Poll(fds, timeout); err != nil && !errors.Is(err, unix.EINTR) {
			return Failed, fmt.Errorf("wait for the agent: %w", err)
		}
		// Before the lease is judged: after a freeze, renewals are waiting.
		if open, err := s.drain(); err != nil || !open {
			return Told, err
		}
		switch until = s.until.Load(); {
		case fds[1].Revents != 0, s.pidfd < 0 && !s.Target.Alive():
			return TargetDied, nil
		case until > 0 && injector.Monotonic() >= until:
			return Lapsed, nil
		}
	}
}

// drain reads all lease ends that wait in the pipe; open is false at its end.
func (s *Seat) drain() (open bool, err error) {
	var buffer [64 * 8]byte
	for {
		n, err := unix.Read(0, buffer[:])
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
			return false, fmt.Errorf("read lease: %d bytes are no lease ends", n)
		}
		first := s.until.Load() == 0
		s.until.Store(binary.LittleEndian.Uint64(buffer[n-8 : n]))
		if first {
			close(s.begin)
		}
	}
}
