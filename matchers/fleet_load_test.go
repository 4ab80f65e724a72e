package matchers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// members is a fleet of a, b, c and d that all have one image, with rounds of
// samples that end; change sets what the member at each place answers.
func members(t *testing.T, rounds int, change func(s *probe.Sample, place, n int)) *probe.FleetWindow {
	t.Helper()
	l := newFleetLoad(t, rounds, rounds, change)
	if rounds == 0 {
		l.series.End(noon)
	}
	return l.window()
}

// growingMembers is a fleet whose load goes on.
func growingMembers(t *testing.T, rounds int, change func(s *probe.Sample, place, n int)) *probe.FleetWindow {
	t.Helper()
	return newFleetLoad(t, rounds, rounds+1, change).window()
}

// fleetLoad is a fleet that has some more rounds at every look but the first, and
// ends.
type fleetLoad struct {
	t          *testing.T
	series     *probe.FleetSeries
	each, most int
	change     func(s *probe.Sample, place, n int)
	n, looks   int
}

func newFleetLoad(t *testing.T, each, most int, change func(s *probe.Sample, place, n int)) *fleetLoad {
	t.Helper()
	var all []probe.Member
	for _, name := range []string{"a", "b", "c", "d"} {
		all = append(all, probe.Member{Name: name, Image: "sha256:1"})
	}
	series, err := probe.NewFleetSeries(noon, 50, 200*time.Millisecond, all...)
	if err != nil {
		t.Fatal(err)
	}
	return &fleetLoad{t: t, series: series, each: each, most: most, change: change}
}

// empty is a look before the first answer, and then window.
func (l *fleetLoad) empty() *probe.FleetWindow {
	if l.looks == 0 {
		l.looks++
		return l.series.Window()
	}
	return l.window()
}

func (l *fleetLoad) window() *probe.FleetWindow {
	l.looks++
	for range min(l.each, l.most-l.n) {
		round := make([]probe.Sample, 4)
		for place := range round {
			round[place] = healthy(l.n)
			if l.change != nil {
				l.change(&round[place], place, l.n)
			}
		}
		if err := l.series.Add(round...); err != nil {
			l.t.Fatal(err)
		}
		if l.n++; l.n == l.most {
			l.series.End(noon.Add(time.Duration(l.n) * 20 * time.Millisecond))
		}
	}
	return l.series.Window()
}

func refused(s *probe.Sample) { s.Class, s.Detail = probe.Refused, "connection refused" }

// tells puts a time into the sample, with the member's clock skewed by this much.
func tells(s *probe.Sample, skew time.Duration) {
	s.Clock = &probe.Reading{Sent: s.Time, Received: s.Time.Add(s.Latency), Says: s.Time.Add(skew), Resolution: 1}
}

// refusal is the error of a matcher in both polarities, which have to be alike.
func refusal(t *testing.T, f *probe.FleetWindow, matcher OmegaMatcher) string {
	t.Helper()
	ok, err := matcher.Match(f)
	if ok || err == nil {
		t.Errorf("got %v and no error\n%s", ok, matcher.FailureMessage(f))
		return ""
	}
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(f).To(matcher) }, func(g Gomega) { g.Expect(f).NotTo(matcher) },
	} {
		if text := failure(assert); !strings.Contains(text, unmarked(err)) {
			t.Errorf("failed with\n%s\nwithout the error\n%v", text, err)
		}
	}
	return unmarked(err)
}
