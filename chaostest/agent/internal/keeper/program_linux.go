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

// Main runs the keeper when the process was started as one, and does not return
// then; in any other process it returns at once. It comes first in main.
func Main() {
	if len(os.Args) != 1 || os.Args[0] != name {
		return
	}
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0) // what ps shows
	signal.Ignore(unix.SIGPIPE, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	debug.SetGCPercent(10) // it lives long and needs little
	p := &program{held: map[string]*file{}}
	err := cgroup.Leave()
	if err == nil {
		err = unix.SetNonblock(0, true)
	}
	if err != nil {
		p.say(event{Error: err.Error()})
		os.Exit(1)
	}
	p.say(event{})
	p.run()
	os.Exit(0)
}

const (
	// look is how often the keeper looks whether the targets live, and tries again
	// what failed.
	look = 100 * time.Millisecond
	// giveUp is how long a keeper without an agent tries to set a file back. Its
	// claim stays, so that the next agent finds it.
	giveUp = time.Minute
)

// program is the keeper process.
type program struct {
	held  map[string]*file
	input []byte
}

// file is one file that is held.
type file struct {
	claim cgroup.Claim // by way of an open directory, for when the container's mounts are gone
	dir   *os.File
	until uint64
	// failing says that it could not be set back so far.
	failing bool
	target  cgroup.Process
}

func (p *program) run() {
	for p.read() { // before the leases are judged: renewals may be waiting
		p.judge()
		p.wait()
	}
	// The agent is gone.
	for end := injector.In(giveUp); len(p.held) > 0 && injector.Monotonic() < end; time.Sleep(look) {
		for path := range p.held {
			_ = p.setBack(path) // tried again
		}
	}
}

// wait returns when there is something to read or to judge.
func (p *program) wait() {
	timeout := -1
	for _, f := range p.held {
		left := time.Duration(max(int64(f.until-injector.Monotonic()), 0))
		if ms := int((min(left, look) + time.Millisecond - 1) / time.Millisecond); timeout < 0 || ms < timeout {
			timeout = ms
		}
		if f.failing {
			timeout = int(look.Milliseconds())
		}
	}
	_, _ = unix.Poll([]unix.PollFd{{Fd: 0, Events: unix.POLLIN}}, timeout) // what fails shows when it reads
}

// read takes all orders that wait in the pipe; it is false at the pipe's end.
func (p *program) read() bool {
	var buffer [4096]byte
	for {
		n, err := unix.Read(0, buffer[:])
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
			p.obey(line)
		}
	}
}

func (p *program) obey(line []byte) {
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		p.say(event{Error: fmt.Sprintf("read order %q: %v", line, err)})
		return
	}
	f := p.held[o.File]
	switch {
	case o.Hold != nil:
		answer := event{File: o.File, Held: true}
		if err := p.hold(o); err != nil {
			answer = event{File: o.File, Error: err.Error()}
		}
		p.say(answer)
	case o.Drop:
		if f != nil {
			p.forget(o.File)
		}
		p.say(event{File: o.File, Dropped: true})
	case f != nil:
		f.until = o.Until
	}
}

func (p *program) hold(o order) error {
	dir, err := os.OpenFile(o.Hold.Dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return fmt.Errorf("hold %s: %w", o.File, err)
	}
	p.held[o.File] = &file{
		claim: cgroup.Claim{Dir: fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), File: o.Hold.Name, Before: o.Hold.Before, Now: o.Hold.Now},
		dir:   dir, until: o.Until, target: o.Hold.Target,
	}
	return nil
}

// judge sets back what is not to be held any longer.
func (p *program) judge() {
	for path, f := range p.held {
		var why Ending
		switch {
		case injector.Monotonic() >= f.until:
			why = Lapsed
		case !f.target.Alive():
			why = TargetDied
		default:
			continue
		}
		if err := p.setBack(path); err != nil {
			f.failing = true // tried again
			continue
		}
		p.say(event{File: path, Ended: why, At: injector.Monotonic()})
	}
}

func (p *program) setBack(path string) error {
	if err := p.held[path].claim.Undo(); err != nil {
		return err
	}
	p.forget(path)
	return nil
}

func (p *program) forget(path string) {
	_ = p.held[path].dir.Close() // it was only a name
	delete(p.held, path)
}

func (p *program) say(e event) {
	data, err := json.Marshal(e)
	if err != nil {
		panic("encode event: " + err.Error()) // it holds strings and numbers only
	}
	_, _ = unix.Write(1, append(data, '\n')) // an agent that is gone shows at the other pipe
}
