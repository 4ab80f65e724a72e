package keeper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
)

// Main runs the keeper, and does not return, if the process was started as one.
// In any other process it returns at once. Call it first in main.
func Main() {
	if len(os.Args) != 1 || os.Args[0] != name {
		return
	}
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0) // what ps shows
	signal.Ignore(unix.SIGPIPE, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	debug.SetGCPercent(10) // it lives long and needs little
	p := &program{files: map[string]*file{}, now: injector.Monotonic}
	err := cgroup.Leave()
	if err == nil {
		err = unix.SetNonblock(0, true)
	}
	if err != nil {
		p.send(event{Error: err.Error()})
		os.Exit(1)
	}
	p.send(event{})
	p.run()
	os.Exit(0)
}

const (
	// checkEvery is how often the keeper looks whether the targets live, and retries
	// what failed.
	checkEvery = 100 * time.Millisecond
	// giveUp is how long a keeper without an agent tries to set a file back. The
	// file's claim stays, so that the next agent finds it.
	giveUp = time.Minute
)

// program is the keeper process.
type program struct {
	files map[string]*file // the files that are held, by path
	now   func() uint64
	// source is the file descriptor of the pipe from the agent, and input what was
	// read of an order that is not complete.
	source int
	input  []byte
}

// lapseTurns is how many checks a lease must have lapsed for. When the whole machine has
// stood still, the agent needs that time to run again. The time of these checks and the
// lease are below the 2 s within which a fault must end.
const lapseTurns = 4

// file is one file that is held.
type file struct {
	claim cgroup.Claim // its path leads through dir, which stays when the container's mounts go
	dir   *os.File
	until uint64
	// lapsed counts the checks since the lease has lapsed.
	lapsed int
	// retry says that an attempt to set the file back has failed.
	retry  bool
	target cgroup.Process
}

func (p *program) run() {
	for p.turn() {
		p.wait()
	}
	// The agent is gone.
	for end := p.now() + uint64(giveUp); len(p.files) > 0 && p.now() < end; time.Sleep(checkEvery) {
		for path := range p.files {
			_ = p.setBack(path) // the next turn tries again
		}
	}
}

// turn handles the orders that wait, and then sets back the files whose time is
// over. It is false when the agent is gone.
func (p *program) turn() bool {
	// Take the time before reading the orders. The process may stand still at any
	// point, and a renewal that came before that time must count.
	now := p.now()
	if !p.read() {
		return false
	}
	p.setBackEnded(now)
	return true
}

// wait returns when there is an order to read or a file to check.
func (p *program) wait() {
	timeout := -1
	for _, f := range p.files {
		left := time.Duration(max(int64(f.until-p.now()), 0))
		if ms := int((min(left, checkEvery) + time.Millisecond - 1) / time.Millisecond); timeout < 0 || ms < timeout {
			timeout = ms
		}
		if f.retry || left == 0 {
			timeout = int(checkEvery.Milliseconds())
		}
	}
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(p.source), Events: unix.POLLIN}}, timeout) // an error shows at the next read
}

// read handles all orders that wait in the pipe. It is false when the pipe is closed.
func (p *program) read() bool {
	var buffer [4096]byte
	for {
		n, err := unix.Read(p.source, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return true
		case err != nil || n == 0:
			return false
		}
		p.input = append(p.input, buffer[:n]...)
		for {
			line, rest, found := bytes.Cut(p.input, []byte("\n"))
			if !found {
				break
			}
			p.input = rest
			p.handle(line)
		}
	}
}

func (p *program) handle(line []byte) {
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		p.send(event{Error: fmt.Sprintf("read order %q: %v", line, err)})
		return
	}
	f := p.files[o.File]
	switch {
	case o.Hold != nil:
		answer := event{File: o.File, Held: true}
		if err := p.hold(o); err != nil {
			answer = event{File: o.File, Error: err.Error()}
		}
		p.send(answer)
	case o.Drop:
		if f != nil {
			p.remove(o.File)
		}
		p.send(event{File: o.File, Dropped: true})
	case f != nil:
		f.until = o.Until
	}
}

func (p *program) hold(o order) error {
	dir, err := os.OpenFile(o.Hold.Dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return fmt.Errorf("hold %s: %w", o.File, err)
	}
	p.files[o.File] = &file{
		claim: cgroup.Claim{Dir: fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), File: o.Hold.Name, Before: o.Hold.Before, Now: o.Hold.Now},
		dir:   dir, until: o.Until, target: o.Hold.Target,
	}
	return nil
}

// setBackEnded sets back the files whose lease has lapsed or whose target has died.
func (p *program) setBackEnded(now uint64) {
	for path, f := range p.files {
		var why Ending
		switch {
		case now >= f.until && f.lapsed >= lapseTurns:
			why = Lapsed
		case !f.target.Alive():
			why = TargetDied
		case now >= f.until:
			f.lapsed++ // a turn that a standstill has made long counts once
			continue
		default:
			f.lapsed = 0
			continue
		}
		if err := p.setBack(path); err != nil {
			f.retry = true
			continue
		}
		p.send(event{File: path, Ended: why, At: p.now()})
	}
}

func (p *program) setBack(path string) error {
	if err := p.files[path].claim.Undo(); err != nil {
		return err
	}
	p.remove(path)
	return nil
}

func (p *program) remove(path string) {
	_ = p.files[path].dir.Close() // it was open only for its path
	delete(p.files, path)
}

func (p *program) send(e event) {
	data, err := json.Marshal(e)
	if err != nil {
		panic("encode event: " + err.Error()) // it holds strings and numbers only
	}
	_, _ = unix.Write(1, append(data, '\n')) // if the agent is gone, the input pipe is closed, too
}
