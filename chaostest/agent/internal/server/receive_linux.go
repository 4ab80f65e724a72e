package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"runtime"

	"github.com/creachadair/jrpc2/channel"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
)

// inbox is the channel of the messages that are no renewals.
type inbox struct {
	channel.Channel // to send
	messages        chan []byte
}

// Recv returns the next message, or io.EOF when the input has ended.
func (i inbox) Recv() ([]byte, error) {
	if message, ok := <-i.messages; ok {
		return message, nil
	}
	return nil, io.EOF
}

// receive reads the input until it ends, or over is closed. It handles renewals at once,
// on a thread of its own with the highest priority that the agent may take: a machine
// without processor time must not end a fault, and no other request may delay a renewal.
func (s *Server) receive(in io.Reader, out io.WriteCloser, over <-chan struct{}) channel.Channel {
	messages := make(chan []byte)
	go func() {
		defer close(messages)
		runtime.LockOSThread() // for good, so that the thread ends with this goroutine
		raisePriority()
		for reader := bufio.NewReader(in); ; {
			line, err := reader.ReadBytes('\n')
			if line = bytes.TrimSuffix(line, []byte("\n")); isRenewal(line) {
				s.renew()
			} else if len(line) > 0 {
				select {
				case messages <- line:
				case <-over:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return inbox{Channel: channel.Line(nil, out), messages: messages}
}

// isRenewal reports whether a message is the notification of a renewal.
func isRenewal(message []byte) bool {
	if !bytes.Contains(message, []byte(wire.MethodRenew)) {
		return false
	}
	var m struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	return json.Unmarshal(message, &m) == nil && m.Method == wire.MethodRenew && m.ID == nil
}

// raisePriority makes the calling thread run before those of other programs: in real time
// where the kernel allows that, and else as nice as a thread can be. Programs that it starts
// do not inherit that. The kernel may refuse both; then the thread goes on as it is.
func raisePriority() {
	attributes := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if unix.SchedSetAttr(0, &attributes, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -20)
	}
}
