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

// hugePage is the size of a huge page where pages are of 4 KiB. Elsewhere it is
// no more than a size to take at once.
const hugePage = 2 << 20

// arena is a range of addresses that becomes memory as it is taken.
type arena struct {
	room      []byte
	held      uint64
	lock      bool
	swappable bool
}

// reserve reserves addresses for so many bytes, beginning at a huge page, with
// advice on the use of huge pages.
func reserve(size uint64, advice int) (*arena, error) {
	room, err := unix.Mmap(-1, 0, int(size+2*hugePage), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve addresses for %d bytes: %w", size, err)
	}
	// A kernel without huge pages does not know the advice.
	if err := unix.Madvise(room, advice); err != nil && !errors.Is(err, unix.EINVAL) {
		return nil, fmt.Errorf("advise on huge pages: %w", err)
	}
	skip := -reflect.ValueOf(room).Pointer() % hugePage
	return &arena{room: room[skip:], lock: hasSwap()}, nil
}

// take makes the next n bytes memory, by writing something of its own to every
// line of every page, so that no two pages are equal and none compresses well.
func (a *arena) take(n uint64) {
	part := a.room[a.held : a.held+n]
	// Only where there is swap: before Linux 5.18 the kernel may kill a second
	// process while one that has locked its memory still ends.
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

func hasSwap() bool {
	data, err := os.ReadFile("/proc/swaps")
	return err == nil && strings.Count(string(data), "\n") > 1 // the first line is a heading
}
