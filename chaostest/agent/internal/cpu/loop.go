// Package cpu is the agent's injector for processor time: it brings a container to a
// share of its CPU quota with a burner inside the container's cgroup.
package cpu

import "time"

// period is how often the loop is closed. The kernel hands out quota in slices
// of 5 ms for periods of 100 ms, so a burst of one period does not throttle.
const period = 10 * time.Millisecond

// windup is how much of the past the loop makes good for, in time at the full
// quota: enough for a burst of requests or a busy neighbour, too little for a
// long one to be followed by a burst or a lull that nobody asked for.
const windup = 250 * time.Millisecond

// loop decides how much to burn in the next period, from what the whole
// container has used. It only adds up differences of the container's own
// counter, so its errors do not pile up.
type loop struct {
	cores, share float64
	// deficit is how much processor time the container is behind its share.
	deficit time.Duration
}

// next takes what happened since the last call (the time that passed, what the
// container used, what of that the burner burnt) and returns what to burn now.
func (l *loop) next(passed, used, burnt time.Duration) time.Duration {
	if passed > windup { // a freeze, or a machine that stood still: nothing to make good for
		l.deficit = 0
		return 0
	}
	bound := time.Duration(float64(windup) * l.cores)
	l.deficit += time.Duration(float64(passed)*l.cores*l.share) - used
	l.deficit = min(max(l.deficit, -bound), bound)

	// Catching up must not take more than the quota leaves beside the container.
	own := float64(max(used-burnt, 0)) / float64(max(passed, 1))
	left := time.Duration(float64(period) * (l.cores - own))
	return max(min(l.deficit, left), 0)
}
