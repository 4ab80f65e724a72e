package keeper

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// child is one keeper process.
type child struct {
	cmd   *exec.Cmd
	stdin *os.File
	done  chan struct{}
}

// launch starts a process and returns when it is ready. A new goroutine then
// passes each event to receive.
func launch(receive func(event)) (*child, error) {
	stdin, toKeeper, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	fromKeeper, stdout, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make pipe: %w", err), stdin.Close(), toKeeper.Close())
	}
	c := &child{stdin: toKeeper, done: make(chan struct{}), cmd: &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{name}, Env: []string{"GOMAXPROCS=1"}, Stdin: stdin, Stdout: stdout,
		// In a new session, so that no signal to the agent's session reaches it.
		// Without standard error: the agent's would keep the container's streams open.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}}
	err = c.cmd.Start()
	_, _ = stdin.Close(), stdout.Close() // the keeper has copies
	if err != nil {
		return nil, errors.Join(err, toKeeper.Close(), fromKeeper.Close())
	}
	lines := bufio.NewScanner(fromKeeper)
	_ = fromKeeper.SetReadDeadline(time.Now().Add(patience)) // a pipe has deadlines
	first, err := next(lines)
	_ = fromKeeper.SetReadDeadline(time.Time{})
	if err == nil && first.Error != "" {
		err = errors.New(first.Error)
	}
	go c.listen(lines, fromKeeper, err == nil, receive)
	if err != nil {
		return nil, errors.Join(err, c.kill())
	}
	return c, nil
}

// listen passes on the keeper's events until it ends, and then reaps it.
func (c *child) listen(lines *bufio.Scanner, from io.Closer, ready bool, receive func(event)) {
	for ready {
		e, err := next(lines)
		if err != nil {
			break
		}
		receive(e)
	}
	_ = from.Close()    // a pipe that was only read
	_ = c.stdin.Close() // already closed after close; otherwise this ends a keeper that wrote nonsense
	_ = c.cmd.Wait()    // how it ended changes nothing
	close(c.done)
}

func next(lines *bufio.Scanner) (event, error) {
	if !lines.Scan() {
		return event{}, fmt.Errorf("read from the keeper: it has ended: %w", errors.Join(lines.Err(), io.EOF))
	}
	var e event
	if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
		return event{}, fmt.Errorf("read %q from the keeper: %w", lines.Text(), err)
	}
	return e, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) wait() { <-c.done }

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// send writes an order. It fails when the pipe is full: then the keeper has stood
// still for a long time.
func (c *child) send(o order) error {
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write to the keeper: %w", err)
	}
	if err := c.stdin.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return fmt.Errorf("write to the keeper: %w", err)
	}
	if _, err := c.stdin.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("write to the keeper, process %d: %w", c.pid(), err)
	}
	return nil
}

// close closes the pipe and waits for the keeper to end.
func (c *child) close() error {
	_ = c.stdin.Close() // already closed when the keeper has died
	select {
	case <-c.done:
		return nil
	case <-time.After(patience):
		return c.kill()
	}
}

func (c *child) kill() error {
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end the keeper, process %d: %w", c.pid(), err)
	}
	<-c.done
	return nil
}
