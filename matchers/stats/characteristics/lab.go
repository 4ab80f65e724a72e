package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// lab is what the simulations share.
type lab struct {
	ctx     context.Context //nolint:containedctx // one command, one interrupt
	seed    uint64
	runs    int
	workers int
	// streams numbers the simulations, so that no two share random numbers.
	streams uint64
}

// each runs n simulations and returns their results in order. The random numbers of each
// depend on the seed and its number alone. It ends early when the user interrupts.
func each[T any](l *lab, n int, simulate func(i int, random *rand.Rand) T) []T {
	l.streams++
	stream := l.seed<<20 ^ l.streams
	found := make([]T, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range l.workers {
		workers.Go(func() {
			for l.ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				found[i] = simulate(i, rand.New(rand.NewPCG(stream, uint64(i))))
			}
		})
	}
	workers.Wait()
	return found
}

// share is how often something happened, with the upper 99 % confidence bound of
// its rate (Clopper and Pearson, 1934).
type share struct {
	times, of int
	upper     float64
}

func count(happened []bool) share {
	s := share{of: len(happened)}
	for _, h := range happened {
		if h {
			s.times++
		}
	}
	s.upper, _ = stats.FailuresBound(s.times, s.of, 0.01) // the numbers are valid
	return s
}

func (s share) rate() float64 { return float64(s.times) / float64(s.of) }

func (s share) String() string {
	return percent(s.rate()) + " (at most " + percent(s.upper) + ")"
}
