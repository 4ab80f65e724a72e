package memory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page where pages have 4 KiB. Elsewhere it is only
// how much is taken at once.
const hugePage = 2 << 20

// arena is a range of addresses that becomes memory piece by piece.
type arena struct {
	addresses []byte
	held      uint64 // how much of it is memory so far
	lock      bool   // whether to lock the memory
	swappable bool   // whether locking was refused
}

// reserve reserves addresses for size bytes that begin at a huge page. Advice tells
// the kernel whether to use huge pages.
func reserve(size uint64, advice int) (*arena, error) {
	addresses, err := unix.Mmap(-1, 0, int(size+2*hugePage), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve addresses for %d bytes: %w", size, err)
	}
	// A kernel without huge pages does not know the advice.
	if err := unix.Madvise(addresses, advice); err != nil && !errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("advise on huge pages: %w", err)
	}
	skip := -reflect.ValueOf(addresses).Pointer() % hugePage
	return &arena{addresses: addresses[skip:], lock: hasSwap()}, nil
}

// take turns the next n bytes into memory. It writes random bytes to each line of
// each page, so that no two pages are equal and none compresses well.
func (a *arena) take(n uint64) {
	part := a.addresses[a.held : a.held+n]
	// Lock the memory only where there is swap: before Linux 5.18 the kernel may kill
	// a second process while one that has locked memory still ends.
	if a.lock && !a.swappable {
		a.swappable = unix.Mlock(part) != nil
	}
	for at := 0; at+8 <= len(part); at += 64 {
		word := rand.Uint64()
		for i := range 8 {
			part[at+i] = byte(word >> (8 * i))
		}
	}
	a.held += n
}

// fits reports whether n more bytes have addresses.
func (a *arena) fits(n uint64) bool { return a.held+n <= uint64(len(a.addresses)) }

// give gives the last n bytes back, or all that is held if that is less.
func (a *arena) give(n uint64) error {
	page := uint64(os.Getpagesize())
	n = min(n/page*page, a.held)
	if n == 0 {
		return nil
	}
	part := a.addresses[a.held-n : a.held]
	if a.lock && !a.swappable {
		if err := unix.Munlock(part); err != nil {
			return fmt.Errorf("unlock memory: %w", err)
		}
	}
	if err := unix.Madvise(part, unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("give memory back: %w", err)
	}
	a.held -= n
	return nil
}

func hasSwap() bool {
	data, err := os.ReadFile("/proc/swaps")
	return err == nil && strings.Count(string(data), "\n") > 1 // the first line is a heading
}
