package injector

import (
	"time"

	"golang.org/x/sys/unix"
)

// Monotonic returns the time of CLOCK_MONOTONIC in nanoseconds. All leases use this
// clock, because the BPF programs read it, too (bpf_ktime_get_ns).
func Monotonic() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("clock_gettime(CLOCK_MONOTONIC): " + err.Error()) // only a wrong argument makes it fail
	}
	return uint64(ts.Nano())
}

// In returns the time of CLOCK_MONOTONIC that is d from now.
func In(d time.Duration) uint64 { return Monotonic() + uint64(d) }
