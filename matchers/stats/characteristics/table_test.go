package main

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestBrokenClaimsAreCountedAndMarked(t *testing.T) {
	var out strings.Builder
	broken := print(&out, "TITLE", []row{
		{what: "a", claim: "at most 5 %", simulated: "2 %", holds: true, naive: "53 %"},
		{what: "b", claim: "at most 5 %", simulated: "9 %"},
	}, time.Second)
	if broken != 1 || !strings.Contains(out.String(), "BROKEN  b ") || !strings.Contains(out.String(), "ok      a ") {
		t.Errorf("%d broken of\n%s", broken, out.String())
	}
}

func TestShareHasAnUpperBound(t *testing.T) {
	happened := make([]bool, 10_000)
	for i := range 450 {
		happened[i] = true
	}
	s := count(happened)
	if s.rate() != 0.045 || s.upper < 0.0499 || s.upper > 0.0502 {
		t.Errorf("%s, upper %v: want 4.5 %% and an upper bound of 5.0 %%", s, s.upper)
	}
}

// The result of a run depends on the seed and its number alone, not on its goroutine.
func TestRunsAreReplayedByTheirSeed(t *testing.T) {
	draw := func(seed uint64, workers int) []uint64 {
		l := &lab{ctx: t.Context(), seed: seed, workers: workers}
		return each(l, 100, func(_ int, random *rand.Rand) uint64 { return random.Uint64() })
	}
	one, four, other := draw(1, 1), draw(1, 4), draw(2, 4)
	for i := range one {
		if one[i] != four[i] || one[i] == other[i] {
			t.Fatalf("run %d: %d alone, %d among four, %d with another seed", i, one[i], four[i], other[i])
		}
	}
}

func TestSectionsAreChosenByName(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != len(sections()) {
		t.Errorf("%d sections, %v", len(all), err)
	}
	if two, err := choose("fleets, baseline"); err != nil || len(two) != 2 || two[0].name != "fleets" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose("fleet"); err == nil || !strings.Contains(err.Error(), `-only names "fleet": the sections are false-alarms, `) {
		t.Errorf("%v", err)
	}
}

// The simulation must notice a test that raises too many false alarms when it is polled.
func TestSimulationFindsThatPollingBreaksANaiveTest(t *testing.T) {
	fooled := func(random *rand.Rand) bool {
		run := judge{service: service{failing: limit}}.watch(0, random)
		for range 100 {
			run.more(service{failing: limit}, 10)
			if binomialEachTime(run, 0.05) {
				return true
			}
		}
		return false
	}
	l := &lab{ctx: t.Context(), seed: 1, workers: 2}
	if s := count(each(l, 300, func(_ int, random *rand.Rand) bool { return fooled(random) })); s.rate() < 0.1 {
		t.Errorf("a naive test is fooled in %s only", s)
	}
}
