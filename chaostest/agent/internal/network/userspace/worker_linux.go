package userspace

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many frames are read, or sent, before the other gets its turn.
const batch = 64

// worker is one thread that reads frames from a TAP, keeps them for their time,
// and writes them to where they go. It sleeps in the kernel until a frame comes,
// one is due, or it is told to stop.
type worker struct {
	tap, out int
	wake     int    // eventfd
	link     string // that out is a socket on; empty when out is the TAP
	mac      []byte
	name     *byte
	memory   *arena
	schedule *schedule
	start    time.Time

	reading []uint32     // the chunks that the next frame is read into
	in, vec []unix.Iovec // their vector, and the one of the packet being sent
	retry   retry
	flushBy int64 // when flushing: when to give up; 0 before
	tapGone bool

	received, sent, lost atomic.Uint64
}

// retry says that the link has refused the next packet, and when to try again.
type retry struct {
	times    int
	at       int64
	writable bool // wait for room in the socket's buffer, too
}

// A packet that the link refuses is tried again until it is patience late; then
// it is lost, as it would be without a delay. So an unplugged cable keeps
// nothing back that would come out old when it is plugged in again.
const (
	patience   = 100 * time.Millisecond
	firstPause = 50 * time.Microsecond
	longPause  = 5 * time.Millisecond
)

// flushPatience bounds how long a link that takes nothing holds up Close.
const flushPatience = time.Second

// idleBefore is how long nothing has been held before memory is given back.
const idleBefore = time.Second

// newWorker makes a worker that writes to the socket on the link, or back to
// the TAP where there is none.
func newWorker(t *tap, socket int, link string, memory *arena, s *schedule) (*worker, error) {
	out := socket
	if socket < 0 {
		out, link = t.fd, ""
	}
	name, err := unix.BytePtrFromString(t.name)
	if err != nil {
		return nil, fmt.Errorf("name thread after TAP %q: %w", t.name, err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("make eventfd: %w", err)
	}
	w := &worker{
		tap: t.fd, out: out, wake: wake, link: link, mac: t.mac, name: name,
		memory: memory, schedule: s, start: time.Now(),
		reading: make([]uint32, chunksOf(largestFrame)),
		in:      make([]unix.Iovec, chunksOf(largestFrame)),
	}
	for i := range w.reading {
		w.prepare(i)
	}
	return w, nil
}

func (w *worker) prepare(i int) {
	w.reading[i] = w.memory.take()
	w.in[i].Base = unsafe.SliceData(w.memory.chunk(w.reading[i]))
	w.in[i].SetLen(chunkBytes)
}

// stop makes run send what is held and return.
func (w *worker) stop() {
	one := [8]byte{1}
	_, _ = unix.Write(w.wake, one[:]) // an eventfd below its limit takes every write
}

func (w *worker) close() error { return unix.Close(w.wake) }

func (w *worker) stats(dropped uint64) Stats {
	sent, lost := w.sent.Load(), w.lost.Load() // before received, so that Held is never negative
	received := w.received.Load()
	return Stats{Received: received + dropped, Sent: sent, Held: received - sent - lost, Lost: lost + dropped}
}

func (w *worker) now() int64 { return int64(time.Since(w.start)) }

func (w *worker) run() {
	runtime.LockOSThread() // for good: the thread's timer slack is its own
	// Without it a deadline is met up to 50 µs late; not worth an error.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	if unix.Gettid() != unix.Getpid() { // for people who run top; the first thread's name is the agent's
		_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(w.name)), 0, 0, 0)
	}
	for {
		more := w.sendDue(w.now())
		more = w.read() || more
		if w.sleep(more) {
			w.flush()
			return
		}
	}
}

// sleep waits for a frame, a deadline, or the stop, which it reports.
func (w *worker) sleep(more bool) (stopped bool) {
	fds := [3]unix.PollFd{
		{Fd: int32(w.wake), Events: unix.POLLIN},
		{Fd: int32(w.tap), Events: unix.POLLIN},
		{Fd: -1, Events: unix.POLLOUT},
	}
	if w.tapGone {
		fds[1].Fd = -1
	}
	now := w.now()
	wait, bounded := w.schedule.untilNext(now)
	if w.retry.times > 0 {
		wait = time.Duration(max(w.retry.at-now, 0))
		if w.retry.writable {
			fds[2].Fd = int32(w.out)
		}
	}
	if !bounded && w.memory.large() {
		wait, bounded = idleBefore, true
	}
	if more {
		wait, bounded = 0, true
	}
	var timeout *unix.Timespec
	if bounded {
		t := unix.NsecToTimespec(int64(wait))
		timeout = &t
	}
	ready, err := unix.Ppoll(fds[:], timeout, nil)
	if err != nil {
		return false // EINTR: look again
	}
	if ready == 0 && len(w.schedule.heap) == 0 && !more {
		w.memory.shrink()
	}
	if fds[2].Revents != 0 {
		w.retry.at = 0
	}
	return fds[0].Revents != 0
}

// read takes frames off the TAP and reports whether there may be more.
func (w *worker) read() (more bool) {
	for range batch {
		if w.tapGone {
			return false
		}
		n, err := vectored(unix.SYS_READV, w.tap, w.in)
		switch {
		case err == 0:
			w.take(n)
		case err == unix.EAGAIN:
			return false
		case err == unix.EINTR:
		case err == unix.EINVAL: // a frame that no virtio-net header describes
			w.received.Add(1)
			w.lost.Add(1)
		default: // somebody has removed the TAP: what is held still goes out
			w.tapGone = true
		}
	}
	return true
}

// take schedules the frame of n bytes that was just read.
func (w *worker) take(n int) {
	start := w.memory.chunk(w.reading[0])[:min(n, chunkBytes)]
	if n < vnetHeader+ethernetHead || bytes.Equal(start[sourceMACAt:sourceMACAt+len(w.mac)], w.mac) {
		return // the kernel's own, sent from the TAP: not the target's
	}
	wire := wirePackets(start, n)
	w.received.Add(wire)
	chunks := chunksOf(n)
	if len(w.memory.free) < chunks {
		w.lost.Add(wire)
		return
	}
	for i := range chunks - 1 {
		w.memory.next[w.reading[i]] = w.reading[i+1]
	}
	w.schedule.add(w.now(), packet{first: w.reading[0], size: uint32(n)})
	for i := range chunks {
		w.prepare(i)
	}
}

// sendDue sends what is due and reports whether there may be more.
func (w *worker) sendDue(now int64) (more bool) {
	if w.retry.times > 0 && now < w.retry.at {
		return false
	}
	for range batch {
		p, due, ok := w.schedule.next()
		if !ok || due > now {
			return false
		}
		giveUp := due + int64(patience)
		if w.flushBy > 0 {
			giveUp = w.flushBy
		}
		if !w.send(p, giveUp) {
			return false
		}
		w.schedule.remove()
		w.memory.release(p)
	}
	return true
}

// send puts one packet back. It is false when the packet has to wait because
// the link takes nothing now; those behind it wait, too, to stay in order. A
// packet waits until giveUp at most.
func (w *worker) send(p packet, giveUp int64) bool {
	wire := wirePackets(w.memory.chunk(p.first)[:min(p.size, chunkBytes)], int(p.size))
	w.vec = w.memory.vector(w.vec, p)
	_, err := vectored(unix.SYS_WRITEV, w.out, w.vec)
	busy := err == unix.EAGAIN || err == unix.ENOBUFS || err == unix.ENOMEM || err == unix.EINTR
	if err == unix.ENOBUFS && wire > 1 && w.retry.times == 0 {
		w.refit()
	}
	switch {
	case err == 0:
		w.sent.Add(wire)
	case busy && w.now() < giveUp:
		pause := min(firstPause<<min(w.retry.times, 10), longPause)
		w.retry = retry{times: w.retry.times + 1, at: w.now() + int64(pause), writable: err == unix.EAGAIN}
		return false
	default: // the link is down or gone, refuses this frame, or is busy for too long
		w.lost.Add(wire)
	}
	w.retry = retry{}
	return true
}

// refit asks again what the link takes: its offloads may have been turned off.
// What the link no longer takes is lost; what comes next is cut to fit.
func (w *worker) refit() {
	if w.link == "" || w.tapGone {
		return
	}
	if offloads, err := offloadsOf(w.out, w.link); err == nil {
		_ = setOffloads(w.tap, offloads) // else the next large frame asks again
	}
}

// flush sends all that is held or was redirected before the stop.
func (w *worker) flush() {
	for range tapQueue / batch {
		if !w.read() {
			break
		}
	}
	w.flushBy = w.now() + int64(flushPatience)
	for len(w.schedule.heap) > 0 {
		if w.sendDue(math.MaxInt64) {
			continue
		}
		wait := unix.NsecToTimespec(max(w.retry.at-w.now(), 0))
		if _, err := unix.Ppoll(nil, &wait, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return // cannot happen; never spin on it
		}
	}
}

// vectored is readv or writev without the copies of package unix.
func vectored(call uintptr, fd int, v []unix.Iovec) (int, unix.Errno) {
	n, _, err := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), err
}
