// Package cpu is the agent's injector for processor time. It either burns CPU with
// a worker in the container's cgroup, so that the container uses a share of its
// quota, or throttles the container by lowering the quota.
package cpu

import "time"

// period is the length of one turn of the loop. The kernel hands out the quota in
// slices of 5 ms and for 100 ms at a time, so a burst in one turn does not throttle.
const period = 10 * time.Millisecond

// maxCatchUp is how much of the past the loop makes up for, in time at the full
// quota. It suffices for a burst of requests or a busy neighbour. After a longer
// disturbance it keeps the loop from burning too much, or nothing, for long.
const maxCatchUp = 250 * time.Millisecond

// loop decides how much to burn in the next period from what the whole container
// has used. It adds up only differences of the container's counter, so its errors
// do not accumulate.
type loop struct {
	cores, share float64
	// deficit is how much processor time the container is behind its share.
	deficit time.Duration
}

// next returns how much to burn now. It takes what happened since the last call: the
// time that passed, what the container used, and what the burner used of that.
func (l *loop) next(passed, used, burnt time.Duration) time.Duration {
	if passed > maxCatchUp { // after a freeze or a stall of the machine: start afresh
		l.deficit = 0
		return 0
	}
	bound := time.Duration(float64(maxCatchUp) * l.cores)
	l.deficit += time.Duration(float64(passed)*l.cores*l.share) - used
	l.deficit = min(max(l.deficit, -bound), bound)

	// Burn no more than the container leaves of its quota.
	container := float64(max(used-burnt, 0)) / float64(max(passed, 1))
	available := time.Duration(float64(period) * (l.cores - container))
	return max(min(l.deficit, available), 0)
}
