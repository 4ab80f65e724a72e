package worker

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Order says which worker to start, and in which target's cgroup.
type Order struct {
	Program string
	Target  *cgroup.Group
	// Controllers are the ones whose groups the worker joins. On v2 it joins them all.
	Controllers []string
	// Config is the program's configuration. It is sent as JSON.
	Config any
}

// Process is a worker as the agent sees it; R is its reading.
type Process[R any] struct {
	order  Order
	cmd    *exec.Cmd
	stdin  *os.File
	done   chan struct{}
	stderr firstBytes
	leaf   string // the worker's own group below the target's, if it needs one

	mu      sync.Mutex
	ready   bool
	latest  R
	ending  Ending
	problem string
	changed chan struct{}
	used    time.Duration // the most processor time that was seen
}

// Start starts a worker and moves it into the target's cgroup. The worker begins
// with the first Renew. When Start returns an error, nothing of the worker is left.
func Start[R any](ctx context.Context, o Order) (*Process[R], error) {
	p := &Process[R]{order: o, done: make(chan struct{}), changed: make(chan struct{})}
	if err := p.launch(); err != nil {
		return nil, fmt.Errorf("start %s worker: %w", o.Program, err)
	}
	if err := p.join(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s worker: %w", o.Program, err), p.Stop())
	}
	return p, nil
}

func (p *Process[R]) launch() error {
	config, err := json.Marshal(p.order.Config)
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	line, err := json.Marshal(order{PID: p.order.Target.Process().PID, Container: p.order.Target.ContainerID(), Config: config})
	if err != nil {
		return fmt.Errorf("encode order: %w", err)
	}
	stdin, toWorker, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make pipe: %w", err)
	}
	fromWorker, stdout, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("make pipe: %w", err), stdin.Close(), toWorker.Close())
	}
	p.stdin = toWorker
	p.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{name, p.order.Program}, Env: []string{"GOTRACEBACK=single"},
		Stdin: stdin, Stdout: stdout, Stderr: &p.stderr,
		// In a new process group, so that Ctrl-C at a terminal reaches only the agent.
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL},
	}
	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that started the
		// worker ends. So this goroutine keeps its thread as long as the worker lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		_, _ = stdin.Close(), stdout.Close() // the worker has copies
		started <- err
		if err == nil {
			p.listen(fromWorker)
		}
		_ = fromWorker.Close() // a pipe that was only read
	}()
	if err := <-started; err != nil {
		return errors.Join(err, toWorker.Close())
	}
	if _, err := toWorker.Write(append(line, '\n')); err != nil {
		return errors.Join(fmt.Errorf("write order: %w", err), p.Stop())
	}
	return nil
}

// listen reads the worker's messages until it ends, and then reaps it.
func (p *Process[R]) listen(from *os.File) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		var m message
		err := json.Unmarshal(lines.Bytes(), &m)
		p.update(func() {
			if err == nil && m.Reading != nil {
				err = json.Unmarshal(m.Reading, &p.latest)
			}
			p.ready = p.ready || m.Ready
			if m.Ended != Running {
				p.ending, p.problem = m.Ended, m.Error
			}
			if err != nil {
				p.ending, p.problem = Failed, fmt.Sprintf("decode %q: %v", lines.Text(), err)
			}
		})
	}
	err := p.cmd.Wait()
	p.update(func() {
		if p.ending == Running {
			p.ending, p.problem = Killed, fmt.Sprintf("%v %s", err, p.stderr.String())
		}
	})
	close(p.done)
}

func (p *Process[R]) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// join waits until the worker is ready, moves it into the cgroup, and reads that back.
func (p *Process[R]) join(ctx context.Context) error {
	if err := p.wait(ctx, func() bool { return p.ready }); err != nil {
		return err
	}
	group := p.order.Target
	var err error
	if p.leaf, err = group.Join(p.PID(), p.order.Controllers...); err != nil {
		return err
	}
	in, err := group.Holds(p.PID(), p.order.Controllers...)
	if err == nil && !in {
		err = fmt.Errorf("move process %d into the cgroup of process %d: the kernel does not show it there", p.PID(), group.Process().PID)
	}
	// The worker watches a process by its number. Now that it does, check that the
	// number still means the target.
	if err == nil && !group.Alive() {
		err = fmt.Errorf("find target: process %d has ended", group.Process().PID)
	}
	return err
}

// wait returns when met is true. It calls met under the lock. It returns an error
// when the worker or ctx ends first.
func (p *Process[R]) wait(ctx context.Context, met func() bool) error {
	for {
		p.mu.Lock()
		ok, changed, ending := met(), p.changed, p.ending
		p.mu.Unlock()
		switch {
		case ok:
			return nil
		case ending != Running:
			return p.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for worker %d: %w", p.PID(), ctx.Err())
		}
	}
}

// PID is the worker's process.
func (p *Process[R]) PID() int { return p.cmd.Process.Pid }

// Renew sets the end of the lease, in nanoseconds of CLOCK_MONOTONIC. The first
// call lets the worker begin. A frozen worker reads it when it is thawed.
func (p *Process[R]) Renew(until uint64) error {
	if err := p.Err(); err != nil {
		return fmt.Errorf("renew lease: %w", err)
	}
	// Write without waiting: the pipe holds thousands of lease ends, so it is full
	// only when the worker has stood still for very long.
	pipe, err := p.stdin.SyscallConn()
	if err != nil {
		return fmt.Errorf("renew lease of worker %d: %w", p.PID(), err)
	}
	var wrote error
	err = pipe.Control(func(fd uintptr) {
		_, wrote = unix.Write(int(fd), binary.LittleEndian.AppendUint64(nil, until))
	})
	if err = errors.Join(err, wrote); err != nil {
		return fmt.Errorf("renew lease of worker %d: %w", p.PID(), err)
	}
	return nil
}

// Latest is the worker's last reading.
func (p *Process[R]) Latest() R {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest
}

// Await waits for a reading that meets the condition. It always returns the
// latest reading, with an error when the worker or ctx ends first.
func (p *Process[R]) Await(ctx context.Context, met func(R) bool) (R, error) {
	var last R
	err := p.wait(ctx, func() bool { last = p.latest; return met(last) })
	return last, err
}

// Ended waits for the worker to end, at most for within, and reports whether it has.
func (p *Process[R]) Ended(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// Ending says how the worker has ended. It is Running until then.
func (p *Process[R]) Ending() Ending {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ending
}

// Missing says why the worker does not work for the fault: it was killed or has failed, or
// somebody else has stopped it or moved it out of the target's cgroup. It is empty when
// nothing is missing, and when the worker has ended as it should.
func (p *Process[R]) Missing() string {
	switch p.Ending() {
	case Running:
	case Failed, Killed:
		return p.Err().Error()
	default:
		return ""
	}
	if _, err := cgroup.Thread("/proc", p.PID()); err != nil {
		return fmt.Sprintf("%s worker %d has ended: %s", p.order.Program, p.PID(), Killed) // it has not been reaped yet
	}
	in, err := p.order.Target.Holds(p.PID(), p.order.Controllers...)
	switch {
	case err != nil:
		return err.Error()
	case !in:
		return fmt.Sprintf("somebody else has moved the %s worker, process %d, out of the container's cgroup", p.order.Program, p.PID())
	case cgroup.Stopped(p.PID()):
		return fmt.Sprintf("somebody else has stopped the %s worker, process %d", p.order.Program, p.PID())
	}
	return ""
}

// PutBack moves a worker back that somebody else has moved, and lets one go on that
// somebody else has stopped. Missing says whether that has helped.
func (p *Process[R]) PutBack() {
	if p.Ending() != Running {
		return
	}
	if leaf, err := p.order.Target.Join(p.PID(), p.order.Controllers...); err == nil && leaf != "" {
		p.leaf = leaf
	}
	_ = p.cmd.Process.Signal(unix.SIGCONT)
}

// Err says why the worker has ended. It is nil while the worker runs.
func (p *Process[R]) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ending == Running:
		return nil
	case p.problem == "":
		return fmt.Errorf("%s worker %d has ended: %s", p.order.Program, p.PID(), p.ending)
	}
	return fmt.Errorf("%s worker %d has ended: %s: %s", p.order.Program, p.PID(), p.ending, p.problem)
}

// CPUTime is the processor time that the worker has used. It never falls, and is final after
// Stop.
func (p *Process[R]) CPUTime() time.Duration {
	now := p.cpuTime()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used = max(p.used, now) // what the kernel says at the end is rounded to microseconds
	return p.used
}

func (p *Process[R]) cpuTime() time.Duration {
	// The number of another process's clock, as clock_getcpuclockid(3) computes it.
	const schedulerClock = 2
	var t unix.Timespec
	select {
	case <-p.done:
	default:
		if unix.ClockGettime(int32(^p.PID()<<3|schedulerClock), &t) == nil {
			return time.Duration(t.Nano())
		}
		<-p.done // it has just ended
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// ProveGone returns an error when the kernel still lists the worker in the
// target's cgroup. It is called after Stop.
func (p *Process[R]) ProveGone() error {
	group := p.order.Target
	if !group.Exists() {
		return nil
	}
	in, err := group.Holds(p.PID(), p.order.Controllers...)
	if in {
		err = fmt.Errorf("the kernel still lists the %s worker, process %d", p.order.Program, p.PID())
	}
	if !group.Exists() { // it has just gone
		return nil
	}
	return err
}

// grace is how long a worker may take to end by itself.
const grace = 250 * time.Millisecond

// Stop ends the worker and reaps it. It closes the worker's pipe, and after a
// moment sends SIGKILL, because a frozen worker does not see the pipe close.
// It may be called again.
func (p *Process[R]) Stop() error {
	_ = p.stdin.Close() // closed before, when Stop is called again
	if p.Ended(grace) {
		return cgroup.RemoveLeaf(p.leaf)
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s worker %d: %w", p.order.Program, p.PID(), err)
	}
	if !p.Ended(5 * time.Second) {
		return fmt.Errorf("end %s worker %d: it is still there 5 s after SIGKILL", p.order.Program, p.PID())
	}
	return cgroup.RemoveLeaf(p.leaf)
}

// firstBytes keeps the first 2 KiB that are written to it: a Go panic begins with
// its reason.
type firstBytes struct {
	mu   sync.Mutex
	data []byte
}

func (t *firstBytes) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, b[:min(len(b), 2048-len(t.data))]...)
	return len(b), nil
}

func (t *firstBytes) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
