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

// batch is how many frames a worker reads before it sends, and sends before it reads.
const batch = 64

// worker is one thread that reads frames from a TAP, holds them for their time, and sends
// them on. It sleeps in the kernel until a frame comes, a frame is due, or stop is called.
type worker struct {
	tap, out int
	wake     int    // eventfd
	link     string // the link of the socket out; empty if out is the TAP
	mac      []byte
	name     *byte
	memory   *arena
	schedule *schedule
	start    time.Time

	reading []uint32     // the chunks for the next frame
	in, vec []unix.Iovec // the vectors for reading and for sending
	retry   retry
	flushBy int64 // when a flush gives up; 0 before the flush
	tapGone bool

	received, sent, lost atomic.Uint64
}

// retry says how often the link has refused the next packet, and when to try again.
type retry struct {
	times    int
	at       int64
	writable bool // try earlier if the socket's buffer has room
}

// A packet that the link refuses is tried again until it is late by patience. Then it is
// lost, as it would be without a delay. So no old packets come out when an unplugged cable
// is plugged in again.
const (
	patience   = 100 * time.Millisecond
	firstPause = 50 * time.Microsecond
	longPause  = 5 * time.Millisecond
)

// flushPatience bounds how long Close waits for a link that takes no packets.
const flushPatience = time.Second

// idleBefore is how long a worker must hold no packet before it returns memory.
const idleBefore = time.Second

// newWorker makes a worker. It sends packets to the socket on the link, or back to the TAP
// if socket is negative.
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

// stop makes run send all held packets and return.
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
	runtime.LockOSThread() // forever, because the timer slack below is set for this thread
	// Without it, packets leave up to 50 µs late, so a failure does not matter.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	if unix.Gettid() != unix.Getpid() { // top shows this name; the name of the first thread is the agent's
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

// sleep waits for a frame, a deadline, or stop. It reports whether stop was called.
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

// read reads frames from the TAP, and reports whether there may be more.
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
		case err == unix.EINVAL: // no virtio-net header can describe the frame
			w.received.Add(1)
			w.lost.Add(1)
		default: // another program has removed the TAP; held packets still leave
			w.tapGone = true
		}
	}
	return true
}

// take schedules the frame of n bytes that was read.
func (w *worker) take(n int) {
	start := w.memory.chunk(w.reading[0])[:min(n, chunkBytes)]
	if n < vnetHeader+ethernetHead || bytes.Equal(start[sourceMACAt:sourceMACAt+len(w.mac)], w.mac) {
		return // the kernel sent it on the TAP; it is not from the target
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

// sendDue sends packets that are due, and reports whether there may be more.
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

// send puts one packet back. It returns false if the link takes no packet now. The packet
// then waits, but not beyond giveUp. Later packets wait too, to keep the order.
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
	default: // the link is down or gone, refuses this frame, or was busy for too long
		w.lost.Add(wire)
	}
	w.retry = retry{}
	return true
}

// refit reads the offloads of the link again, because they may have been turned off. Frames
// that the link no longer takes are lost. The kernel segments later frames to fit.
func (w *worker) refit() {
	if w.link == "" || w.tapGone {
		return
	}
	if offloads, err := offloadsOf(w.out, w.link); err == nil {
		_ = setOffloads(w.tap, offloads) // if this fails, the next large frame tries again
	}
}

// flush sends all packets that are held or were redirected before stop.
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
			return // cannot happen, but must not become a busy loop
		}
	}
}

// vectored is readv or writev. Unlike those of package unix, it copies no vectors.
func vectored(call uintptr, fd int, v []unix.Iovec) (int, unix.Errno) {
	n, _, err := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), err
}
