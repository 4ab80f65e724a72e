package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestErrorsToTellEqualsTheReference(t *testing.T) {
	for _, c := range []struct {
		ratio    float64
		mean     float64
		nine     int
		slackOf9 int
	}{{3, 42, 76, 6}, {5, 22, 39, 4}, {10, 14, 21, 4}} {
		got, err := Conditional{Share: .5}.ErrorsToTell(c.ratio, .01, .9)
		t.Logf("ratio %v: %+v, %v", c.ratio, got, err)
		if err != nil || math.Abs(got.Expected-c.mean) > 5 || got.Samples < c.nine-c.slackOf9 || got.Samples > c.nine+c.slackOf9 {
			t.Errorf("ratio %v: %+v, %v, want a mean of %v and 90 %% by %d", c.ratio, got, err, c.mean, c.nine)
		}
	}
}

func TestRequestsToTellEqualsSimulation(t *testing.T) {
	const trials, rate, ratio, alpha = 1500, .05, 5, .01
	random := rand.New(rand.NewPCG(91, 92))
	test := Conditional{Share: .25, Margin: .2}
	plan, err := test.RequestsToTell(rate, ratio, alpha, .9)
	if err != nil {
		t.Fatal(err)
	}
	times := make([]int, trials)
	sum := 0.0
	for i := range times {
		canary, control, n, shown := 0, 0, 0, false
		for !shown {
			n++
			if random.Float64() < test.Share {
				if random.Float64() < rate*ratio {
					canary++
					shown = test.Shows(canary, control, alpha)
				}
			} else if random.Float64() < rate {
				control++
			}
		}
		times[i], sum = n, sum+float64(n)
	}
	slices.Sort(times)
	t.Logf("%+v, simulated mean %.0f, median %d, nine tenths %d", plan, sum/trials, times[trials/2], times[trials*9/10])
	if math.Abs(plan.Expected/(sum/trials)-1) > .06 {
		t.Errorf("expected %v, simulated %v", plan.Expected, sum/trials)
	}
	for _, q := range []struct {
		planned int
		share   float64
	}{{plan.Median, .5}, {plan.Samples, .9}} {
		done, _ := slices.BinarySearch(times, q.planned+1)
		if math.Abs(float64(done)/trials-q.share) > 5*math.Sqrt(q.share*(1-q.share)/trials) {
			t.Errorf("%d requests for %v, but %d of %d trials were done then", q.planned, q.share, done, trials)
		}
	}
}

func TestTwoSamplePlansRefuseImpossibleInput(t *testing.T) {
	half := Conditional{Share: .5, Margin: .5}
	for want, plan := range map[string]func() (StoppingTime, error){
		"share 2":               func() (StoppingTime, error) { return Conditional{Share: 2}.ErrorsToTell(3, .05, .9) },
		"ratio of 1.5: must":    func() (StoppingTime, error) { return half.ErrorsToTell(1.5, .05, .9) },
		"ratio of NaN":          func() (StoppingTime, error) { return half.RequestsToTell(.1, math.NaN(), .05, .9) },
		"ratio of +Inf":         func() (StoppingTime, error) { return half.RequestsToTell(.1, math.Inf(1), .05, .9) },
		"an error rate 0 and":   func() (StoppingTime, error) { return half.RequestsToTell(0, 3, .05, .9) },
		"an error rate 0.5 and": func() (StoppingTime, error) { return half.RequestsToTell(.5, 3, .05, .9) },
		"at level 0":            func() (StoppingTime, error) { return half.ErrorsToTell(3, 0, .9) },
		"for power 1":           func() (StoppingTime, error) { return half.RequestsToTell(.1, 3, .05, 1) },
	} {
		if stop, err := plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, stop, err)
		}
	}
}
