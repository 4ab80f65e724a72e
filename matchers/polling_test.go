package matchers_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// chance is the largest number of alarms in the runs that is still plausible at level
// alpha: more would happen less than once in ten thousand times.
func chance(runs int, alpha float64) int {
	share := make([]float64, runs+1) // of each number of alarms
	share[0] = 1
	for range runs {
		for k := runs; k >= 0; k-- {
			share[k] *= 1 - alpha
			if k > 0 {
				share[k] += share[k-1] * alpha
			}
		}
	}
	tail := 0.0
	for k := runs; ; k-- {
		if tail += share[k]; tail > 1e-4 {
			return k
		}
	}
}

// Polls two services while their samples come in: one whose true rate is just allowed, and
// one whose rate must not pass.
func TestPollingDoesNotInflateWrongVerdicts(t *testing.T) {
	const limit = 5 * Percent
	for _, c := range []struct {
		name  string
		rate  float64
		wrong func(ok bool, err error) bool
	}{
		{"violated at the limit", limit, func(ok bool, err error) bool { return !ok && err == nil }},
		{"kept at five times the limit", 5 * limit, func(ok bool, err error) bool { return ok }},
	} {
		for _, polls := range []struct{ looks, each, runs int }{{100, 5, 60}, {1000, 1, 30}} {
			t.Run(fmt.Sprintf("%s, %d looks", c.name, polls.looks), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(7, uint64(polls.looks)))
				matcher := KeepErrorRateBelow(limit)
				wrong := 0
				for range polls.runs {
					var errors []int
					for i := range polls.looks * polls.each {
						if random.Float64() < c.rate {
							errors = append(errors, i)
						}
					}
					all := window(polls.looks*polls.each, failing, errors...)
					for look := 1; look <= polls.looks; look++ {
						soFar := all.Slice(noon, noon.Add(time.Duration(look*polls.each)*20*time.Millisecond))
						if c.wrong(matcher.Match(soFar)) {
							wrong++
							break
						}
					}
				}
				most := chance(polls.runs, DefaultAlpha)
				t.Logf("%d of %d runs were judged wrongly; at most %d are chance", wrong, polls.runs, most)
				if wrong > most {
					t.Errorf("%d of %d runs were judged wrongly, at most %d are chance at alpha %v", wrong, polls.runs, most, DefaultAlpha)
				}
			})
		}
	}
}

func TestAMatcherMayBeAskedFromManyGoroutines(t *testing.T) {
	bad := window(250, failing, spread(30, 250)...)
	for _, matcher := range []OmegaMatcher{KeepErrorRateBelow(1 * Percent), KeepLatencyBelow(time.Second, P99)} {
		first := matcher.FailureMessage(bad)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if ok, err := matcher.Match(bad); ok || err != nil {
					t.Errorf("got %v, %v", ok, err)
				}
				if matcher.FailureMessage(bad) != first {
					t.Error("the message changed")
				}
			})
		}
		all.Wait()
	}
	if n := len(bad.Record().Judgements); n != 2 {
		t.Errorf("%d judgements, want one of each matcher", n)
	}
}

func TestEventuallyWaitsForEnoughSamples(t *testing.T) {
	looks := 0
	grow := func() *probe.Window {
		looks++
		return window(30*looks, nil)
	}
	expect(t, "", func(g Gomega) {
		g.Eventually(grow).WithTimeout(time.Minute).WithPolling(time.Microsecond).Should(KeepErrorRateBelow(1 * Percent))
	})
	if looks != 3 {
		t.Errorf("decided after %d looks of 30 samples each, want 3", looks)
	}
}
