package matchers_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// The examples' fleet: five replicas, asked 20 times a second for some seconds, with latencies
// of their own.
func fiveReplicas(t *testing.T, seconds int, change func(s *probe.Sample, place, n int)) *probe.FleetWindow {
	t.Helper()
	var all []probe.Member
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		all = append(all, probe.Member{Name: name})
	}
	series, err := probe.NewFleetSeries(noon, 20, 0, all...)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(11, 12))
	for n := range 20 * seconds {
		round := make([]probe.Sample, len(all))
		for place := range round {
			round[place] = healthy(0)
			round[place].Time = noon.Add(time.Duration(n) * 50 * time.Millisecond)
			round[place].Latency = time.Duration(20+random.IntN(40)) * time.Millisecond
			change(&round[place], place, n)
		}
		if err := series.Add(round...); err != nil {
			t.Fatal(err)
		}
	}
	series.End(noon.Add(time.Duration(seconds) * time.Second))
	return series.Window()
}

func TestAHealthyFleetIsClearedAtTheEndOfItsLoad(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	for name, change := range map[string]func(*probe.Sample, int, int){
		"nothing else": func(*probe.Sample, int, int) {},
		"1 % errors": func(s *probe.Sample, place, n int) {
			if (n+37*place)%100 == 0 {
				failing(s)
			}
		},
		"a cache that hits half of the time": func(s *probe.Sample, _, _ int) {
			if random.IntN(2) == 0 {
				s.Latency /= 20
			}
		},
	} {
		if ok, err := HaveNoOutliers().Match(fiveReplicas(t, 10, change)); !ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	// What is slower than the margin allows is not cleared, and half slower is named.
	slow := func(factor float64) func(*probe.Sample, int, int) {
		return func(s *probe.Sample, place, _ int) {
			if place == 2 {
				s.Latency = time.Duration(factor * float64(s.Latency))
			}
		}
	}
	if ok, err := HaveNoOutliers().Match(fiveReplicas(t, 10, slow(1.4))); ok || err == nil {
		t.Errorf("40 %% slower: %v, %v", ok, err)
	}
	if ok, err := HaveOutlier("c", Slower).Match(fiveReplicas(t, 20, slow(1.5))); !ok || err != nil {
		t.Errorf("half slower: %v, %v", ok, err)
	}
}

// Where members differ for as long as the load, one that differs no more is no outlier.
func TestMembersThatAllDifferHaveNoOutlier(t *testing.T) {
	factors := []float64{0.6, 1.1, 1.8, 0.8, 1.3}
	f := fiveReplicas(t, 20, func(s *probe.Sample, place, _ int) { s.Latency = time.Duration(factors[place] * float64(s.Latency)) })
	if ok, err := HaveNoOutliers().Match(f); ok || err == nil {
		t.Errorf("%v, %v", ok, err)
	}
	factors[2] = 30
	f = fiveReplicas(t, 20, func(s *probe.Sample, place, _ int) { s.Latency = time.Duration(factors[place] * float64(s.Latency)) })
	if ok, err := HaveOutlier("c", Slower).Match(f); !ok || err != nil {
		t.Errorf("30 times slower: %v, %v", ok, err)
	}
}

// One burst of errors names nobody; a member that fails again and again is named.
func TestABurstOfErrorsIsNoFailingMember(t *testing.T) {
	burst := fiveReplicas(t, 10, func(s *probe.Sample, place, n int) {
		if place == 2 && n >= 50 && n < 60 {
			failing(s)
		}
	})
	if ok, err := HaveNoOutliers().Match(burst); !ok && err == nil {
		t.Error("a burst of ten names its member")
	}
	often := fiveReplicas(t, 10, func(s *probe.Sample, place, n int) {
		if place == 2 && n%7 == 0 {
			failing(s)
		}
	})
	if ok, err := HaveOutlier("c", Failing).Match(often); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
