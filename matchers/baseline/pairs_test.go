package baseline

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// pairsOf are pairs on a machine that becomes slower all the time. The candidate is slower
// by a factor. Of two pairs, one has the candidate first.
func pairsOf(n int, slower float64, change ...func(pair int, candidate *Run)) [][2]Run {
	random := rand.New(rand.NewPCG(41, uint64(n)))
	var pairs [][2]Run
	for i := range n {
		machine := 0.1 * math.Exp(float64(i)*.02)
		noise := func() float64 { return machine * math.Exp(.01*random.NormFloat64()) }
		pair := [2]Run{runsOf(noise())[0], runsOf(noise() * slower)[0]}
		for _, c := range change {
			c(i, &pair[1])
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

func pairPolicy(most int) Policy {
	return Policy{Alpha: 0.01, Limits: DefaultLimits(), MostPairs: most}
}

func comparedPairs(t *testing.T, pairs [][2]Run, policy Policy) Comparison {
	t.Helper()
	c, err := ComparePairs(pairs, policy)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComparePairsDecidesAtItsLooks(t *testing.T) {
	noisy := func(pair int, candidate *Run) {
		w := &candidate.Windows[0]
		w.P50 *= record.Float([]float64{1.3, 0.8}[pair%2])
		w.P90, w.P99 = 2*w.P50, 3*w.P50
	}
	for name, c := range map[string]struct {
		pairs   [][2]Run
		outcome record.Outcome
		at      int // pairs that were compared
		more    int
		missing string
	}{
		"half as slow again":                   {pairsOf(8, 1.5), record.Violated, 8, 4, ""},
		"decided before the last pair":         {pairsOf(12, 1.5), record.Violated, 8, 0, ""},
		"the same":                             {pairsOf(8, 1), record.Kept, 8, 4, ""},
		"faster":                               {pairsOf(8, .5), record.Kept, 8, 4, ""},
		"too few to look":                      {pairsOf(7, 1.5), record.Undecided, 7, 1, "there are 7 of at least 8 pairs"},
		"no pair":                              {nil, record.Undecided, 0, 8, "there are 0 of at least 8 pairs"},
		"much worse is not ruled out":          {pairsOf(8, 1, noisy), record.Undecided, 8, 4, ""},
		"nor in ten, at the end of the budget": {pairsOf(10, 1, noisy), record.Undecided, 10, 2, ""},
		"nor in twelve, which pass":            {pairsOf(12, 1, noisy), record.Kept, 12, 0, ""},
		"half as slow again, budget at nine":   {pairsOf(9, 1.5), record.Violated, 8, 3, ""},
	} {
		got := comparedPairs(t, c.pairs, pairPolicy(12))
		if got.Outcome != c.outcome || got.Pairs != c.at || got.MorePairs != c.more || got.Missing != c.missing {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for most, want := range map[int]string{6: "6 pairs show nothing at this alpha, whatever they measure: at least 7 are needed"} {
		if got := comparedPairs(t, pairsOf(most, 1.5), pairPolicy(most)); got.Outcome != record.Undecided || got.Missing != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

func TestComparePairsNamesWhatIsWorse(t *testing.T) {
	c := comparedPairs(t, pairsOf(8, 1.5), pairPolicy(12))
	worse := c.Worse()
	if len(worse) != 3 || worse[0].Name != P50 {
		t.Fatalf("%v", worse)
	}
	if text := worse[0].String(); !strings.HasPrefix(text, "p50 of GET /: 16") || !strings.Contains(text, "ms, in the reference 10") || !strings.HasSuffix(text, ") in 8 pairs") {
		t.Error(text)
	}
	failing := func(_ int, candidate *Run) { candidate.Windows[0].Errors = map[string]int{"timeout": 25} }
	c = comparedPairs(t, pairsOf(8, 1, failing), pairPolicy(12))
	if worse = c.Worse(); len(worse) != 1 || worse[0].Name != ErrorRate || math.Abs(worse[0].Rise-.05) > 1e-9 || worse[0].Low < .03 || worse[0].High > .07 {
		t.Errorf("%v", worse)
	}
	dead := func(_ int, candidate *Run) {
		nan := record.Float(math.NaN())
		candidate.Windows[0] = Window{Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1, Count: 500, Errors: map[string]int{"refused": 500}, P50: nan, P90: nan, P99: nan, Throughput: 0}
	}
	if c = comparedPairs(t, pairsOf(8, 1, dead), pairPolicy(12)); c.Outcome != record.Violated || c.Worse()[0].Name != ErrorRate {
		t.Errorf("nothing answers any more: %+v", c)
	}
}

// Errors that come in bursts are known less well than their number says.
func TestComparePairsKnowsErrorsInBurstsLessWell(t *testing.T) {
	errors := func(n ...int) func(int, *Run) {
		return func(pair int, candidate *Run) {
			candidate.Windows[0].Errors = map[string]int{"timeout": n[pair%len(n)]}
		}
	}
	high := func(change func(int, *Run)) float64 {
		for _, m := range comparedPairs(t, pairsOf(8, 1, change), pairPolicy(8)).Metrics {
			if m.Name == ErrorRate {
				return m.High
			}
		}
		return math.NaN()
	}
	even, bursts := high(errors(1)), high(errors(0, 0, 0, 4))
	if !(even > .002 && even < .006) || !(bursts > even) {
		t.Errorf("at most %v, and in bursts %v", even, bursts)
	}
}

func TestComparePairsSaysWhichWindowsItDidNotCompare(t *testing.T) {
	other := func(number int) Window {
		w := runsOf(.1)[0].Windows[0]
		w.Number = number
		return w
	}
	with := func(change func(pair int, both *[2]Run)) [][2]Run {
		pairs := pairsOf(12, 1)
		for i := range pairs {
			change(i, &pairs[i])
		}
		return pairs
	}
	vanished := with(func(_ int, p *[2]Run) { p[0].Windows = append(p[0].Windows, other(2)) })
	c := comparedPairs(t, vanished, pairPolicy(12))
	if c.Outcome != record.Undecided || len(c.Vanished) != 1 || c.Vanished[0].Number != 2 {
		t.Errorf("a window that only the reference has: %+v", c)
	}
	policy := pairPolicy(12)
	policy.LeftOut = func(k Key) bool { return k.Number == 2 }
	if c = comparedPairs(t, vanished, policy); c.Outcome != record.Kept || len(c.Vanished) != 0 {
		t.Errorf("a window that need not come: %+v", c)
	}
	c = comparedPairs(t, with(func(_ int, p *[2]Run) { p[1].Windows = append(p[1].Windows, other(2)) }), pairPolicy(12))
	if c.Outcome != record.Kept || len(c.New) != 1 || c.New[0].Number != 2 {
		t.Errorf("a window that only the candidate has: %+v", c)
	}
	c = comparedPairs(t, with(func(n int, p *[2]Run) {
		if p[0].Windows = append(p[0].Windows, other(2)); n < 5 {
			p[1].Windows = append(p[1].Windows, other(2))
		}
	}), pairPolicy(12))
	if c.Outcome != record.Kept || len(c.Young) != 1 || !strings.HasSuffix(c.Young[0].String(), "has 5 of 9 pairs") {
		t.Errorf("a window that five pairs have: %+v", c)
	}
	c = comparedPairs(t, with(func(_ int, p *[2]Run) { p[1].Windows[0].Count = 20 }), pairPolicy(12))
	if c.Outcome != record.Undecided || len(c.Unfit) != 1 || !strings.HasSuffix(c.Unfit[0].Words, "20 samples, and 500 are usual in the reference's runs: fewer than half as many cannot be compared: load as the reference did") {
		t.Errorf("a window with few samples: %+v", c)
	}
	c = comparedPairs(t, with(func(_ int, p *[2]Run) {
		w := &p[0].Windows[0]
		w.P50, w.P90, w.P99, w.Errors = record.Float(math.NaN()), record.Float(math.NaN()), record.Float(math.NaN()), map[string]int{"refused": 500}
	}), pairPolicy(12))
	if c.Outcome != record.Undecided || len(c.Unfit) != 1 || !strings.Contains(c.Unfit[0].Words, "failed in 12 of 12 reference runs") {
		t.Errorf("a reference that does not answer: %+v", c)
	}
}
