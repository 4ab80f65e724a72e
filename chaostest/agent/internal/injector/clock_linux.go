package injector

import (
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic is the time of CLOCK_MONOTONIC in nanoseconds, the clock of every
// lease: the one that bpf_ktime_get_ns reads.
func Monotonic() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("clock_gettime(CLOCK_MONOTONIC): " + err.Error()) // only a wrong argument makes it fail
	}
	return uint64(ts.Nano())
}

// In is the time of CLOCK_MONOTONIC after d from now.
func In(d time.Duration) uint64 { return Monotonic() + uint64(d) }
