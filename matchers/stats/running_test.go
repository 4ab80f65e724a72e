package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRunningRemembersTheStrongestLook(t *testing.T) {
	for _, test := range []Bernoulli{Above(.05), Below(.05), Above(.5), {Side: BelowLimit, Limit: .3, A: 2, B: 5}} {
		random := rand.New(rand.NewPCG(4, 5))
		running := Running{Test: test}
		events, n, largest := 0, 0, 0.0
		for range 400 {
			size := random.IntN(4)
			with := 0
			for range size {
				if random.Float64() < test.Limit {
					with++
				}
			}
			running.Add(with, size)
			events, n = events+with, n+size
			logE := test.LogE(events, n)
			largest = math.Max(largest, logE)
			if running.LogE() != logE || running.MaxLogE() != largest || math.Abs(running.P()-math.Exp(-largest)) > 1e-15 {
				t.Fatalf("%+v, %d of %d: log e %v, largest %v, p %v; want %v, %v", test, events, n, running.LogE(), running.MaxLogE(), running.P(), logE, largest)
			}
		}
	}
}

func TestRunningIsAValue(t *testing.T) {
	original := Running{Test: Above(.01)}
	original.Add(3, 10)
	before := original.LogE()
	other := original
	other.Add(5, 5)
	if original.LogE() != before || other.LogE() <= before {
		t.Errorf("original %v (before %v), copy %v", original.LogE(), before, other.LogE())
	}
}

func TestRunningTakesNothingBack(t *testing.T) {
	running := Running{Test: Above(.01)}
	running.Add(10, 20)
	shown := running.P()
	running.Add(0, 100_000)
	if running.P() != shown || running.LogE() >= 0 {
		t.Errorf("p %v, want %v as before; log e %v", running.P(), shown, running.LogE())
	}
}

func TestRunningSaysThatCountsCannotBe(t *testing.T) {
	for _, counts := range [][2]int{{2, 1}, {-1, 3}, {0, -1}} {
		running := Running{Test: Above(.01)}
		running.Add(counts[0], counts[1])
		running.Add(5, 10)
		if !math.IsNaN(running.LogE()) || !math.IsNaN(running.MaxLogE()) || !math.IsNaN(running.P()) {
			t.Errorf("%v: log e %v, largest %v, p %v, want NaN", counts, running.LogE(), running.MaxLogE(), running.P())
		}
	}
	none := Running{Test: Above(2)}
	none.Add(0, 10)
	if !math.IsNaN(none.LogE()) || !math.IsNaN(none.MaxLogE()) || !math.IsNaN(none.P()) {
		t.Errorf("a limit of 2: log e %v, largest %v, p %v, want NaN", none.LogE(), none.MaxLogE(), none.P())
	}
}
