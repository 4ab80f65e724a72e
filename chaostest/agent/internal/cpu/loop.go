// Package cpu is the agent's injector for processor time. It either burns CPU with
// a worker in the container's cgroup, so that the container uses a share of its
// quota, or throttles the container by lowering the quota.
package cpu

import "time"

// The length of one turn of the loop. The kernel hands out the quota in slices of 5 ms
// and for 100 ms at a time, so a burst in one short turn does not throttle. A turn costs
// processor time itself, so it is longer where the share is small.
const (
	shortestTurn = 10 * time.Millisecond
	longestTurn  = 100 * time.Millisecond
)

// mostCost is how much of the share the loop's own turns may cost.
const mostCost = 0.5

// turn is how long a turn is that costs so much, where a share of a number of processors
// is to be used: long enough for turns to cost a tenth of the share, and a point of the
// processors, if possible.
func turn(cost time.Duration, share, cores float64) time.Duration {
	length := time.Duration(float64(cost) / cores * max(10/share, 100))
	return min(max(length, shortestTurn), longestTurn)
}

// leastShare is the smallest share for which the loop itself costs little enough.
func leastShare(cost time.Duration, cores float64) float64 {
	return float64(cost) / float64(longestTurn) / mostCost / cores
}

// maxCatchUp is how much of the past the loop makes up for, in time at the full
// quota. It suffices for a burst of requests or a busy neighbour. After a longer
// disturbance it keeps the loop from burning too much, or nothing, for long.
const maxCatchUp = 250 * time.Millisecond

// maxDebt is how much the loop makes up for of what the burner itself has used beyond
// what it was asked for, also in time at the full quota.
const maxDebt = 5 * time.Second

// loop decides how much to burn in the next period from what the whole container
// has used. It adds up only differences of the container's counter, so its errors
// do not accumulate.
type loop struct {
	cores, share float64
	period       time.Duration
	// deficit is how much processor time the container is behind its share. Debt is how
	// much of a negative deficit is due to the burner, and asked what it was asked last.
	deficit, debt, asked time.Duration
	// rest is how long the present turn was meant to be.
	rest time.Duration
	// forgiven is what the container has used beyond its share by itself, and the loop has
	// not made up for.
	forgiven time.Duration
}

// next returns how much to burn now. It takes what happened since the last call: the
// time that passed, what the container used, and what the burner used of that.
func (l *loop) next(passed, used, burnt time.Duration) time.Duration {
	bound := time.Duration(float64(maxCatchUp) * l.cores)
	// A virtual machine counts the time for which it stood still as used by the program that
	// ran. Often that is the burner.
	l.debt = min(l.debt+max(burnt-l.asked, 0), time.Duration(float64(maxDebt)*l.cores))
	l.deficit += time.Duration(float64(passed)*l.cores*l.share) - used
	if least := -bound - l.debt; l.deficit < least {
		l.forgiven += least - l.deficit
		l.deficit = least
	}
	l.deficit = min(l.deficit, bound)
	l.debt = max(min(l.debt, -l.deficit), 0)
	if passed > l.rest+maxCatchUp { // after a freeze or a stall of the machine there is nothing to make good
		l.deficit = min(l.deficit, 0)
		l.asked = 0
		return 0
	}

	// Burn no more than the container leaves of its quota.
	container := float64(max(used-burnt, 0)) / float64(max(passed, 1))
	available := time.Duration(float64(l.period) * (l.cores - container))
	l.asked = max(min(l.deficit, available), 0)
	return l.asked
}

// byContainer is what the container has used beyond its share by itself, and the loop has
// not made up for, or not yet.
func (l *loop) byContainer() time.Duration { return l.forgiven + max(-l.deficit-l.debt, 0) }

// longestRest is the longest turn of a container that is above its share.
const longestRest = time.Second

// wait is how long the next turn is. Where the container is above its share, it lasts
// until there may be something to burn again, even if the container used nothing.
func (l *loop) wait() time.Duration {
	above := time.Duration(float64(-l.deficit) / l.share / l.cores)
	l.rest = min(max(above, l.period), longestRest)
	return l.rest
}
