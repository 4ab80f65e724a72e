package userspace

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chunkBytes holds a packet of an ordinary MTU in one chunk, and a large frame
// in as many as it needs, so that what is held is what is paid for.
const chunkBytes = 2048

// warmBytes stay with an arena that holds nothing; more goes back to the kernel.
const warmBytes = 4 << 20

// arena is the memory of the held packets: one mapping outside Go's heap, whose
// pages exist once they are used. The free chunk last returned is taken first.
type arena struct {
	memory []byte
	free   []uint32
	next   []uint32 // next chunk of the same packet
	lowest int      // least number of free chunks since the last shrink
}

func newArena(bytes int) (*arena, error) {
	chunks := bytes / chunkBytes
	memory, err := unix.Mmap(-1, 0, chunks*chunkBytes, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %d MiB for held packets: %w: raise the agent's memory limit, or allow overcommit", bytes>>20, err)
	}
	a := &arena{memory: memory, free: make([]uint32, chunks), next: make([]uint32, chunks), lowest: chunks}
	for i := range a.free {
		a.free[i] = uint32(chunks - 1 - i)
	}
	return a, nil
}

func (a *arena) close() error { return unix.Munmap(a.memory) }

func chunksOf(size int) int { return (size + chunkBytes - 1) / chunkBytes }

// take returns a free chunk; the caller has looked that there is one.
func (a *arena) take() uint32 {
	last := len(a.free) - 1
	c := a.free[last]
	a.free = a.free[:last]
	a.lowest = min(a.lowest, last)
	return c
}

func (a *arena) chunk(c uint32) []byte {
	return a.memory[int(c)*chunkBytes : (int(c)+1)*chunkBytes]
}

// vector makes the I/O vector of a packet.
func (a *arena) vector(into []unix.Iovec, p packet) []unix.Iovec {
	into = into[:0]
	c, left := p.first, int(p.size)
	for left > 0 {
		n := min(left, chunkBytes)
		into = append(into, unix.Iovec{Base: unsafe.SliceData(a.chunk(c))})
		into[len(into)-1].SetLen(n)
		left -= n
		c = a.next[c]
	}
	return into
}

func (a *arena) release(p packet) {
	c := p.first
	for range chunksOf(int(p.size)) {
		a.free = append(a.free, c)
		c = a.next[c]
	}
}

// large says that a burst has used more than is worth keeping.
func (a *arena) large() bool { return (len(a.next)-a.lowest)*chunkBytes > warmBytes }

// shrink gives back to the kernel what a burst has used; it is called when no
// packet is held.
func (a *arena) shrink() {
	if a.large() {
		// Without effect at worst: the pages then stay until close.
		_ = unix.Madvise(a.memory, unix.MADV_DONTNEED)
		a.lowest = len(a.free)
	}
}
