package userspace

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chunkBytes is the size of a chunk. A packet of ordinary size fits one chunk, and a large
// frame takes several, so that little memory is wasted.
const chunkBytes = 2048

// warmBytes is how much memory an empty arena keeps. The rest goes back to the kernel.
const warmBytes = 4 << 20

// arena is the memory for held packets: one mapping outside Go's heap. The kernel adds its
// pages when they are first used. The chunk that was freed last is used first.
type arena struct {
	memory []byte
	free   []uint32
	next   []uint32 // next chunk of the same packet
	lowest int      // the smallest number of free chunks since the last shrink
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

// take returns a free chunk. The caller has checked that there is one.
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
	c, rest := p.first, int(p.size)
	for rest > 0 {
		n := min(rest, chunkBytes)
		into = append(into, unix.Iovec{Base: unsafe.SliceData(a.chunk(c))})
		into[len(into)-1].SetLen(n)
		rest -= n
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

// large reports whether a burst has used more memory than is worth keeping.
func (a *arena) large() bool { return (len(a.next)-a.lowest)*chunkBytes > warmBytes }

// shrink returns the memory of a burst to the kernel. It is called when no packet is held.
func (a *arena) shrink() {
	if a.large() {
		// If this fails, the pages stay until close.
		_ = unix.Madvise(a.memory, unix.MADV_DONTNEED)
		a.lowest = len(a.free)
	}
}
