package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// The plan's power is what other random runs show.
func TestPlanRunsEqualsSimulation(t *testing.T) {
	const trials = 1000
	random := rand.New(rand.NewPCG(95, 96))
	for _, c := range []struct {
		accepted, candidates, metrics int
		alpha, shift                  float64
	}{{10, 3, 1, .05, 1.5}, {20, 1, 5, .01, 5}, {5, 3, 2, .05, 2.5}, {20, 1, 20, .05, 0}} {
		plan, err := PlanRuns(c.accepted, c.candidates, c.metrics, c.alpha, c.shift)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for range trials {
			metrics := make([]RunMetric, c.metrics)
			for m := range metrics {
				values := make([]float64, c.accepted+c.candidates)
				for i := range values {
					values[i] = random.NormFloat64()
					if m == 0 && i >= c.accepted {
						values[i] += c.shift
					}
				}
				metrics[m] = RunMetric{Baseline: values[:c.accepted], Candidates: values[c.accepted:], Floor: 1e-6}
			}
			if compareRuns(t, metrics).Metrics[0].P <= c.alpha*(1+1e-9) {
				shown++
			}
		}
		simulated := float64(shown) / trials
		t.Logf("%+v: power %.3f, simulated %.3f", c, plan.Power, simulated)
		if math.Abs(plan.Power-simulated) > 4*math.Sqrt(max(plan.Power*(1-plan.Power), .01)/trials*1.5)+.01 {
			t.Errorf("%+v: power %v, simulated %v", c, plan.Power, simulated)
		}
	}
}

func TestPlanRunsSaysWhatCannotBeReached(t *testing.T) {
	plan, err := PlanRuns(9, 1, 10, .05, 100)
	if err != nil || plan.Reachable() || plan.Power != 0 || math.Abs(plan.SmallestP-1.0/10) > 1e-12 {
		t.Errorf("%+v, %v", plan, err)
	}
	if plan, err = PlanRuns(10, 3, 1, .05, 1e9); err != nil || !(plan.Power > .999) {
		t.Errorf("a shift beyond all values: %+v, %v", plan, err)
	}
	// 1/20 is the level itself.
	if plan, err = PlanRuns(3, 3, 1, .05, 50); err != nil || !plan.Reachable() || plan.Power < .999 {
		t.Errorf("%+v, %v", plan, err)
	}
}

func TestRunsToDetectFindsTheFewest(t *testing.T) {
	began := time.Now()
	for _, c := range []struct {
		metrics    int
		shift      float64
		candidates int
	}{{10, 8, 1}, {10, 3, 3}} {
		plan, err := RunsToDetect(c.metrics, 20, .01, c.shift, .9)
		if err != nil || plan.Power < .9 || plan.Candidates != c.candidates || plan.Accepted > 20 {
			t.Fatalf("%+v: %+v, %v", c, plan, err)
		}
		for _, fewer := range [][2]int{{plan.Accepted - 1, plan.Candidates}, {20, plan.Candidates - 1}} {
			if fewer[1] == 0 {
				continue
			}
			if less, err := PlanRuns(fewer[0], fewer[1], c.metrics, .01, c.shift); err != nil || less.Power >= .9 {
				t.Errorf("%+v: %v suffice: %+v, %v", c, fewer, less, err)
			}
		}
	}
	t.Logf("two plans in %s", time.Since(began))
}

func TestPlansOfRunsRefuseNonsense(t *testing.T) {
	for want, plan := range map[string]func() (RunsPlan, error){
		"plan 0 accepted and 1 candidate runs":   func() (RunsPlan, error) { return PlanRuns(0, 1, 1, .05, 1) },
		"may be at most 50, 50 and 1000":         func() (RunsPlan, error) { return PlanRuns(2, 51, 1, .05, 1) },
		"of 1001 metrics":                        func() (RunsPlan, error) { return PlanRuns(2, 1, 1001, .05, 1) },
		"runs of 0 metrics":                      func() (RunsPlan, error) { return PlanRuns(2, 1, 0, .05, 1) },
		"at level NaN":                           func() (RunsPlan, error) { return PlanRuns(2, 1, 1, math.NaN(), 1) },
		"shift of -1":                            func() (RunsPlan, error) { return PlanRuns(2, 1, 1, .05, -1) },
		"for power 1":                            func() (RunsPlan, error) { return RunsToDetect(1, 20, .05, 1, 1) },
		"plan 1000 accepted":                     func() (RunsPlan, error) { return RunsToDetect(1, 1000, .05, 1, .9) },
		"shift of 0.01 standard deviations: 3 a": func() (RunsPlan, error) { return RunsToDetect(1, 3, .05, .01, .9) },
	} {
		if _, err := plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
