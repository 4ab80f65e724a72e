package baseline

import (
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Speed is how fast this machine calculates: millions of steps of a fixed calculation in a
// second, in the best of some short rounds. It tells a slow machine from a slow build: a
// runner of the same model may have another clock rate, or neighbours that take a part of it.
func Speed() float64 {
	const rounds, steps = 10, 500_000 // about half a millisecond each
	best := math.Inf(1)
	for range rounds {
		began := time.Now()
		x := uint64(1)
		for range steps {
			x = x*6364136223846793005 + 1442695040888963407
		}
		runtime.KeepAlive(x)
		best = min(best, time.Since(began).Seconds())
	}
	return math.Round(steps/best/1e6*10) / 10
}

// mostSlower is up to which factor a slower machine is taken for the same.
const mostSlower = 1.25

// slower is by which factor the machine of the candidates calculates slower than those of
// the accepted runs usually do. It is 1 where one of them is not known.
func slower(accepted, candidates []Run) float64 {
	was, is := speeds(accepted), speeds(candidates)
	if len(was) == 0 || len(is) == 0 {
		return 1
	}
	return stats.Median(was) / stats.Median(is)
}

func speeds(runs []Run) (all []float64) {
	for _, r := range runs {
		if r.Speed > 0 {
			all = append(all, float64(r.Speed))
		}
	}
	return slices.Clip(all)
}
