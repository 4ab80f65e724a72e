package matchers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestBeLive(t *testing.T) {
	live, dead := healthy(0), healthy(0)
	failing(&dead)
	expect(t, "", func(g Gomega) { g.Expect(live).To(BeLive()) })
	expect(t, "", func(g Gomega) { g.Expect(dead).NotTo(BeLive()) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 503 Service Unavailable in 12ms (status 5xx)
to be live`, func(g Gomega) { g.Expect(dead).To(BeLive()) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 200 OK in 12ms (ok)
not to be live`, func(g Gomega) { g.Expect(live).NotTo(BeLive()) })
	expect(t, `BeLive matcher expects a probe.Sample, such as Eventually(ctx, p.Sample) polls.  Got:
    <int>`, func(g Gomega) { g.Expect(7).NotTo(BeLive()) })
}

func TestBeLiveIsAskedAgainUntilTheServiceAnswers(t *testing.T) {
	looks := 0
	look := func() (probe.Sample, error) {
		s := healthy(0)
		switch looks++; looks {
		case 1:
			return probe.Sample{}, errors.New("cannot look yet")
		case 2:
			failing(&s)
		}
		return s, nil
	}
	expect(t, "", func(g Gomega) {
		g.Eventually(look).WithTimeout(time.Minute).WithPolling(time.Microsecond).Should(BeLive())
	})
	if looks != 3 {
		t.Errorf("%d looks, want 3", looks)
	}
}

// ending is a fault that ended at a time, or is still live.
type ending time.Time

func (e ending) Ended() (time.Time, bool) { return time.Time(e), !time.Time(e).IsZero() }

func (e ending) String() string { return "delay 300ms on db" }

// ended is the end of the fault from which the samples are counted.
var ended = ending(noon)

// after is a sample whose answer was whole so long after the fault's end.
func after(d time.Duration, spoil func(*probe.Sample)) probe.Sample {
	s := healthy(0)
	s.Time = noon.Add(d - s.Latency)
	if spoil != nil {
		spoil(&s)
	}
	return s
}

func TestHaveRecoveredWithin(t *testing.T) {
	const limit = 2 * time.Second
	expect(t, "", func(g Gomega) { g.Expect(after(limit, nil)).To(HaveRecoveredWithin(limit, ended)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 200 OK in 12ms (ok)
not to have recovered within 2s of the end of delay 300ms on db
it ended 1.5s before the answer`, func(g Gomega) {
		g.Expect(after(1500*time.Millisecond, nil)).NotTo(HaveRecoveredWithin(limit, ended))
	})
}

// While there is time left the outcome is open: a negated assertion must not take the
// first look that fails for the answer.
func TestHaveRecoveredWithinIsUndecidedUntilTheTimeIsOver(t *testing.T) {
	const limit = 2 * time.Second
	const undecided = "undecided: not healthy 12ms after the fault's end, allowed 2s: look again until then, with Eventually (GET http://shop:8080/checkout: 503 Service Unavailable in 12ms (status 5xx))"
	early, inTime, late := after(12*time.Millisecond, failing), after(time.Second, nil), after(limit+10*time.Millisecond, failing)
	const tooLate = "too late: not healthy 2.01s after the fault's end, allowed 2s"
	const recovered = "not to have recovered within 2s of the end of delay 300ms on db\nit ended 1s before the answer"
	for name, c := range map[string]struct {
		want   string
		looks  int
		assert func(g Gomega, look func() probe.Sample)
		seen   []probe.Sample
	}{
		"expected":                         {undecided, 1, func(g Gomega, look func() probe.Sample) { g.Expect(look()).To(HaveRecoveredWithin(limit, ended)) }, []probe.Sample{early}},
		"not expected":                     {undecided, 1, func(g Gomega, look func() probe.Sample) { g.Expect(look()).NotTo(HaveRecoveredWithin(limit, ended)) }, []probe.Sample{early}},
		"in the end healthy":               {"", 3, eventually(HaveRecoveredWithin(limit, ended), true), []probe.Sample{early, early, inTime}},
		"in the end not":                   {tooLate, 3, eventually(HaveRecoveredWithin(limit, ended), true), []probe.Sample{early, early, late}},
		"in the end not, negated":          {tooLate, 3, eventually(HaveRecoveredWithin(limit, ended), false), []probe.Sample{early, early, late}},
		"healthy in time, negated":         {tooLate, 3, eventually(HaveRecoveredWithin(limit, ended), false), []probe.Sample{early, inTime, late}},
		"in the end not, by Not":           {tooLate, 2, eventually(Not(HaveRecoveredWithin(limit, ended)), true), []probe.Sample{early, late}},
		"consistently, then too late":      {tooLate, 3, consistently(HaveRecoveredWithin(limit, ended), true), []probe.Sample{early, inTime, late}},
		"consistently not, then it is":     {recovered, 2, consistently(HaveRecoveredWithin(limit, ended), false), []probe.Sample{early, inTime}},
		"consistently not, until too late": {tooLate, 2, consistently(HaveRecoveredWithin(limit, ended), false), []probe.Sample{early, late}},
	} {
		looks := 0
		text := failure(func(g Gomega) {
			c.assert(g, func() probe.Sample {
				looks++
				return c.seen[min(looks, len(c.seen))-1]
			})
		})
		if looks != c.looks || !strings.Contains(text, c.want) || (c.want == "") != (text == "") {
			t.Errorf("%s: after %d looks failed with\n%s\n--- want, after %d\n%s", name, looks, text, c.looks, c.want)
		}
	}
	for _, assert := range []func(Gomega){
		func(g Gomega) {
			g.Eventually(func() probe.Sample { return early }).WithTimeout(50 * time.Millisecond).ShouldNot(HaveRecoveredWithin(limit, ended))
		},
		func(g Gomega) {
			g.Consistently(func() probe.Sample { return early }).WithTimeout(50 * time.Millisecond).ShouldNot(HaveRecoveredWithin(limit, ended))
		},
	} {
		if text := failure(assert); !strings.Contains(text, undecided) {
			t.Errorf("out of time with\n%s\n--- want\n%s", text, undecided)
		}
	}
}

func eventually(matcher OmegaMatcher, want bool) func(Gomega, func() probe.Sample) {
	return func(g Gomega, look func() probe.Sample) {
		poll := g.Eventually(look).WithTimeout(time.Minute).WithPolling(time.Microsecond)
		if want {
			poll.Should(matcher)
		} else {
			poll.ShouldNot(matcher)
		}
	}
}

func consistently(matcher OmegaMatcher, want bool) func(Gomega, func() probe.Sample) {
	return func(g Gomega, look func() probe.Sample) {
		poll := g.Consistently(look).WithTimeout(time.Minute).WithPolling(time.Microsecond)
		if want {
			poll.Should(matcher)
		} else {
			poll.ShouldNot(matcher)
		}
	}
}

func TestHaveRecoveredWithinStopsWhenItCannotBeAnyMore(t *testing.T) {
	const limit = 2 * time.Second
	const live = "undecided: delay 300ms on db is still live, so nothing can have recovered from it: revert it first"
	for _, c := range []struct {
		want   string
		sample probe.Sample
		fault  ending
		found  record.Outcome
	}{
		{"too late: not healthy 2.01s after the fault's end, allowed 2s", after(limit+10*time.Millisecond, failing), ended, record.Violated},
		{"too late: the first healthy answer came 3s after the fault's end, allowed 2s", after(3*time.Second, nil), ended, record.Violated},
		{live, healthy(0), ending{}, record.Undecided},
		{live, after(time.Second, failing), ending{}, record.Undecided},
	} {
		for _, assert := range []func(Gomega, func() probe.Sample){
			func(g Gomega, look func() probe.Sample) {
				g.Eventually(look).WithTimeout(time.Minute).Should(HaveRecoveredWithin(limit, c.fault))
			},
			func(g Gomega, look func() probe.Sample) {
				g.Eventually(look).WithTimeout(time.Minute).ShouldNot(HaveRecoveredWithin(limit, c.fault))
			},
		} {
			looks := 0
			text, marks := marks(func(g Gomega) {
				assert(g, func() probe.Sample { looks++; return c.sample })
			})
			if looks != 1 || !strings.Contains(text, c.want) || !strings.Contains(text, c.sample.String()) || len(marks) != 1 || marks[0].Outcome != c.found {
				t.Errorf("after %d looks failed with\n%s\nand %+v\n--- want %s\n%s", looks, text, marks, c.found, c.want)
			}
		}
	}
}

func TestHaveRecoveredWithinRefusesWhatItCannotJudge(t *testing.T) {
	var none *ending
	const noFault = "HaveRecoveredWithin: no injection given: name the one whose end counts, as in HaveRecoveredWithin(2*time.Second, slow)"
	for _, c := range []struct {
		want    string
		matcher OmegaMatcher
		actual  any
	}{
		{"HaveRecoveredWithin(0s): the limit must be above 0", HaveRecoveredWithin(0, ended), after(time.Second, nil)},
		{noFault, HaveRecoveredWithin(time.Second, nil), after(time.Second, nil)},
		{noFault, HaveRecoveredWithin(time.Second, none), after(time.Second, nil)},
		{"HaveRecoveredWithin matcher expects a probe.Sample", HaveRecoveredWithin(time.Second, ended), "x"},
	} {
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v and %v, want %s", ok, err, c.want)
		}
		if text := c.matcher.FailureMessage(c.actual); !strings.Contains(text, "\nto have recovered within ") {
			t.Errorf("the message is %s", text)
		}
	}
}

// A sample that was under way when the fault ended says nothing of what came after.
func TestHaveRecoveredWithinLooksAgainAfterASampleFromBeforeTheEnd(t *testing.T) {
	early := healthy(0)
	early.Time, early.Latency = noon.Add(-time.Second), 1500*time.Millisecond
	for _, spoil := range []func(*probe.Sample){failing, func(*probe.Sample) {}} {
		spoil(&early)
		looks := 0
		expect(t, "", func(g Gomega) {
			g.Eventually(func() probe.Sample {
				if looks++; looks == 1 {
					return early
				}
				return after(1600*time.Millisecond, nil)
			}).WithTimeout(time.Minute).WithPolling(time.Microsecond).Should(HaveRecoveredWithin(2*time.Second, ended))
		})
		if looks != 2 {
			t.Errorf("%d looks, want 2", looks)
		}
	}
}

// A service that flaps has not recovered, whichever assertion saw it healthy: the
// probe remembers.
func TestHaveRecoveredWithinSeesARelapse(t *testing.T) {
	const relapsed = "healthy after the fault's end, but no longer 300ms after it"
	lastHealthy := func(d time.Duration, spoil func(*probe.Sample)) func(*probe.Sample) {
		return func(s *probe.Sample) {
			spoil(s)
			s.LastHealthy = noon.Add(d)
		}
	}
	good := func(*probe.Sample) {}
	for name, c := range map[string]struct {
		want  string
		looks []probe.Sample
	}{
		"it flaps": {relapsed, []probe.Sample{
			after(100*time.Millisecond, failing), after(200*time.Millisecond, nil), after(300*time.Millisecond, lastHealthy(188*time.Millisecond, failing)),
		}},
		"it flapped before it was asked": {relapsed, []probe.Sample{after(300*time.Millisecond, lastHealthy(0, failing))}},
		"it stays":                       {"", []probe.Sample{after(100*time.Millisecond, failing), after(200*time.Millisecond, nil), after(300*time.Millisecond, lastHealthy(188*time.Millisecond, good))}},
		"it was healthy before the fault": {"", []probe.Sample{
			after(100*time.Millisecond, lastHealthy(-time.Minute, failing)), after(200*time.Millisecond, lastHealthy(-time.Minute, good)),
		}},
	} {
		for _, negated := range []bool{false, true} {
			n := 0
			text := failure(func(g Gomega) {
				poll := g.Consistently(func() probe.Sample {
					n++
					return c.looks[min(n, len(c.looks))-1]
				}).WithTimeout(300 * time.Millisecond).WithPolling(time.Millisecond)
				if negated {
					poll.ShouldNot(HaveRecoveredWithin(2*time.Second, ended))
				} else {
					poll.Should(HaveRecoveredWithin(2*time.Second, ended))
				}
			})
			if negated {
				if text == "" {
					t.Errorf("%s: it passes negated", name)
				}
				continue
			}
			if (text == "") != (c.want == "") || !strings.Contains(text, c.want) || n < len(c.looks) {
				t.Errorf("%s: %d looks, failed with\n%s\nwant %s", name, n, text, c.want)
			}
		}
	}
}
