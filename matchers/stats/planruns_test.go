package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPlanRunsEqualsTheReference(t *testing.T) {
	for _, c := range []struct {
		accepted, candidates int
		shift, want          float64
	}{{10, 3, 3, .75}, {10, 3, 4, .95}, {10, 5, 3, .96}} {
		plan, err := PlanRuns(c.accepted, c.candidates, 10, .05, c.shift)
		t.Logf("%+v: %+v", c, plan)
		if err != nil || math.Abs(plan.Power-c.want) > .015 || !plan.Reachable() || math.Abs(plan.Level-.005) > 1e-12 {
			t.Errorf("%+v: %+v, %v", c, plan, err)
		}
	}
}

func TestPlanRunsEqualsSimulation(t *testing.T) {
	const trials = 4000
	random := rand.New(rand.NewPCG(95, 96))
	for _, c := range []struct {
		accepted, candidates, metrics int
		shift                         float64
	}{{10, 3, 1, 1.5}, {5, 5, 1, 1}, {19, 1, 1, 2}, {3, 8, 4, 2.5}} {
		plan, err := PlanRuns(c.accepted, c.candidates, c.metrics, .05, c.shift)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for range trials {
			accepted, candidates := make([]float64, c.accepted), make([]float64, c.candidates)
			for i := range accepted {
				accepted[i] = random.NormFloat64()
			}
			for i := range candidates {
				candidates[i] = random.NormFloat64() + c.shift
			}
			p, err := rankP(accepted, candidates, 0)
			if err != nil {
				t.Fatal(err)
			}
			if p <= plan.Level*(1+1e-9) {
				shown++
			}
		}
		simulated := float64(shown) / trials
		t.Logf("%+v: power %.4f, simulated %.4f", c, plan.Power, simulated)
		if math.Abs(plan.Power-simulated) > 4*math.Sqrt(plan.Power*(1-plan.Power)/trials)+.002 {
			t.Errorf("%+v: power %v, simulated %v", c, plan.Power, simulated)
		}
	}
}

// Without a shift the power is the largest p at or below the level, known exactly.
func TestPlanRunsWithoutAShiftIsExact(t *testing.T) {
	for _, c := range []struct {
		accepted, candidates int
		want                 float64
	}{{10, 3, 11.0 / 286}, {19, 1, 1.0 / 20}, {10, 2, 2.0 / 66}} {
		plan, err := PlanRuns(c.accepted, c.candidates, 1, .05, 0)
		if err != nil || math.Abs(plan.Power-c.want) > 5e-4 {
			t.Errorf("%+v: %+v, %v", c, plan, err)
		}
	}
}

func TestPlanRunsSaysWhatCannotBeReached(t *testing.T) {
	plan, err := PlanRuns(10, 1, 10, .05, 100)
	if err != nil || plan.Reachable() || plan.Power != 0 || math.Abs(plan.SmallestP-1.0/11) > 1e-12 {
		t.Errorf("%+v, %v", plan, err)
	}
	if plan, err = PlanRuns(10, 3, 1, .05, 1e6); err != nil || !(plan.Power > .999) {
		t.Errorf("a shift beyond all values: %+v, %v", plan, err)
	}
	// 1/20 is the level itself.
	if plan, err = PlanRuns(19, 1, 1, .05, 20); err != nil || !plan.Reachable() || plan.Power < .999 {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestRunsToDetectFindsTheFewest(t *testing.T) {
	plan, err := RunsToDetect(10, 10, .05, 4, .9)
	if err != nil || plan.Candidates != 3 || plan.Power < .9 {
		t.Errorf("%+v, %v", plan, err)
	}
	fewer, err := PlanRuns(plan.Accepted-1, plan.Candidates, 10, .05, 4)
	if err != nil || fewer.Power >= .9 {
		t.Errorf("one accepted run fewer: %+v, %v", fewer, err)
	}
	if fewer, err = PlanRuns(10, plan.Candidates-1, 10, .05, 4); err != nil || fewer.Power >= .9 {
		t.Errorf("one candidate fewer: %+v, %v", fewer, err)
	}
}

// Fewer accepted runs may show more: 19 and 1 reach 1/20, which 20 and 1 do not.
func TestRunsToDetectFindsWhatFewerAcceptedRunsShow(t *testing.T) {
	for _, c := range []struct {
		metrics, accepted int
		shift, power      float64
	}{{4, 20, 3, .86}, {1, 25, 3, .83}, {1, 38, 3, .8}, {1, 12, 2, .7}, {2, 14, 2.5, .6}, {1, 9, 4, .95}} {
		got, err := RunsToDetect(c.metrics, c.accepted, .05, c.shift, c.power)
		if err != nil {
			t.Fatal(err)
		}
		want := RunsPlan{}
		for candidates := 1; want.Candidates == 0; candidates++ {
			for accepted := 1; accepted <= c.accepted && want.Candidates == 0; accepted++ {
				plan, err := PlanRuns(accepted, candidates, c.metrics, .05, c.shift)
				if err != nil {
					t.Fatal(err)
				}
				if plan.Power >= c.power {
					want = plan
				}
			}
		}
		if got != want {
			t.Errorf("%+v: %+v, want %+v", c, got, want)
		}
	}
}

func TestRunPlansRefuseImpossibleInput(t *testing.T) {
	for want, plan := range map[string]func() (RunsPlan, error){
		"plan 0 accepted and 1 candidate runs": func() (RunsPlan, error) { return PlanRuns(0, 1, 1, .05, 1) },
		"each may be at most 50":               func() (RunsPlan, error) { return PlanRuns(1, 51, 1, .05, 1) },
		"of 0 metrics":                         func() (RunsPlan, error) { return PlanRuns(1, 1, 0, .05, 1) },
		"at level NaN":                         func() (RunsPlan, error) { return PlanRuns(1, 1, 1, math.NaN(), 1) },
		"shift of -1":                          func() (RunsPlan, error) { return PlanRuns(1, 1, 1, .05, -1) },
		"for power 1":                          func() (RunsPlan, error) { return RunsToDetect(1, 20, .05, 1, 1) },
		"plan 1000 accepted":                   func() (RunsPlan, error) { return RunsToDetect(1, 1000, .05, 1, .9) },
		"shift of 0.01 standard deviations: 2": func() (RunsPlan, error) { return RunsToDetect(1, 2, .05, .01, .9) },
	} {
		if got, err := plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, got, err)
		}
	}
}

// The exact values are integrals over the order statistics at the smallest P.
func TestPowerOfManyRunsIsExact(t *testing.T) {
	for _, c := range []struct {
		accepted, candidates int
		shift, exact         float64
	}{{50, 50, 4, 0.2303}, {50, 10, 4, 0.6323}, {20, 20, 4, 0.6595}, {50, 3, 3, 0.4711}} {
		plan, err := PlanRuns(c.accepted, c.candidates, 1, SmallestP(c.accepted, c.candidates), c.shift)
		if err != nil || math.Abs(plan.Power-c.exact) > 0.0015 {
			t.Errorf("%+v: %+v, %v", c, plan, err)
		}
	}
}
