package matchers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
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
    <int>: 7`, func(g Gomega) { g.Expect(7).NotTo(BeLive()) })
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

// after is a sample whose answer was whole so long after the fault's end.
func after(d time.Duration, spoil func(*probe.Sample)) probe.Sample {
	s := healthy(0)
	s.FaultEnded = s.End().Add(-d)
	if spoil != nil {
		spoil(&s)
	}
	return s
}

func TestHaveRecoveredWithin(t *testing.T) {
	const limit = 2 * time.Second
	expect(t, "", func(g Gomega) { g.Expect(after(limit, nil)).To(HaveRecoveredWithin(limit)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 200 OK in 12ms (ok)
not to have recovered within 2s of the fault's end
it ended 1.5s before the answer`, func(g Gomega) { g.Expect(after(1500*time.Millisecond, nil)).NotTo(HaveRecoveredWithin(limit)) })
}

// While there is time left nobody knows: a negated assertion must not take the
// first look that fails for the answer.
func TestHaveRecoveredWithinIsUndecidedUntilTheTimeIsOver(t *testing.T) {
	const limit = 2 * time.Second
	const undecided = "undecided: not healthy 12ms after the fault's end, allowed 2s: look again until then, with Eventually (GET http://shop:8080/checkout: 503 Service Unavailable in 12ms (status 5xx))"
	early, inTime, late := after(12*time.Millisecond, failing), after(time.Second, nil), after(limit+10*time.Millisecond, failing)
	const tooLate = "too late: not healthy 2.01s after the fault's end, allowed 2s"
	const recovered = "not to have recovered within 2s of the fault's end\nit ended 1s before the answer"
	for name, c := range map[string]struct {
		want   string
		looks  int
		assert func(g Gomega, look func() probe.Sample)
		seen   []probe.Sample
	}{
		"expected":                         {undecided, 1, func(g Gomega, look func() probe.Sample) { g.Expect(look()).To(HaveRecoveredWithin(limit)) }, []probe.Sample{early}},
		"not expected":                     {undecided, 1, func(g Gomega, look func() probe.Sample) { g.Expect(look()).NotTo(HaveRecoveredWithin(limit)) }, []probe.Sample{early}},
		"in the end healthy":               {"", 3, eventually(HaveRecoveredWithin(limit), true), []probe.Sample{early, early, inTime}},
		"in the end not":                   {tooLate, 3, eventually(HaveRecoveredWithin(limit), true), []probe.Sample{early, early, late}},
		"in the end not, negated":          {tooLate, 3, eventually(HaveRecoveredWithin(limit), false), []probe.Sample{early, early, late}},
		"healthy in time, negated":         {tooLate, 3, eventually(HaveRecoveredWithin(limit), false), []probe.Sample{early, inTime, late}},
		"in the end not, by Not":           {tooLate, 2, eventually(Not(HaveRecoveredWithin(limit)), true), []probe.Sample{early, late}},
		"consistently, then too late":      {tooLate, 3, consistently(HaveRecoveredWithin(limit), true), []probe.Sample{early, inTime, late}},
		"consistently not, then it is":     {recovered, 2, consistently(HaveRecoveredWithin(limit), false), []probe.Sample{early, inTime}},
		"consistently not, until too late": {tooLate, 2, consistently(HaveRecoveredWithin(limit), false), []probe.Sample{early, late}},
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
			g.Eventually(func() probe.Sample { return early }).WithTimeout(50 * time.Millisecond).ShouldNot(HaveRecoveredWithin(limit))
		},
		func(g Gomega) {
			g.Consistently(func() probe.Sample { return early }).WithTimeout(50 * time.Millisecond).ShouldNot(HaveRecoveredWithin(limit))
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
	for want, s := range map[string]probe.Sample{
		"too late: not healthy 2.01s after the fault's end, allowed 2s":                                                after(limit+10*time.Millisecond, failing),
		"too late: the first healthy answer came 3s after the fault's end, allowed 2s":                                 after(3*time.Second, nil),
		"a fault is still live, so nothing can have recovered from it: revert it first":                                after(time.Second, func(s *probe.Sample) { s.FaultLive = true }),
		"no fault has ended in this spec, so there is nothing to recover from: inject one and revert it first":         healthy(0),
		"no fault has ended in this spec, so there is nothing to recover from: inject one and revert it first\nsample": func() probe.Sample { s := healthy(0); failing(&s); return s }(),
	} {
		want, _, _ := strings.Cut(want, "\n")
		for _, assert := range []func(Gomega, func() probe.Sample){
			func(g Gomega, look func() probe.Sample) {
				g.Eventually(look).WithTimeout(time.Minute).Should(HaveRecoveredWithin(limit))
			},
			func(g Gomega, look func() probe.Sample) {
				g.Eventually(look).WithTimeout(time.Minute).ShouldNot(HaveRecoveredWithin(limit))
			},
		} {
			looks := 0
			text := failure(func(g Gomega) {
				assert(g, func() probe.Sample { looks++; return s })
			})
			if looks != 1 || !strings.Contains(text, want) || !strings.Contains(text, s.String()) {
				t.Errorf("after %d looks failed with\n%s\n--- want\n%s", looks, text, want)
			}
		}
	}
	if _, err := HaveRecoveredWithin(0).Match(after(time.Second, nil)); err == nil || err.Error() != "HaveRecoveredWithin(0s): the limit must be above 0" {
		t.Errorf("limit 0: %v", err)
	}
	if _, err := HaveRecoveredWithin(time.Second).Match("x"); err == nil || !strings.HasPrefix(err.Error(), "HaveRecoveredWithin matcher expects a probe.Sample") {
		t.Errorf("a string: %v", err)
	}
}

// A service that flaps has not recovered, as long as Consistently looks.
func TestHaveRecoveredWithinSeesARelapse(t *testing.T) {
	at := func(fault time.Time, d time.Duration, spoil func(*probe.Sample)) probe.Sample {
		s := after(d, spoil)
		s.Time, s.FaultEnded = fault.Add(d-s.Latency), fault
		return s
	}
	const relapsed = "healthy after the fault's end, and no longer so 300ms after it"
	for name, c := range map[string]struct {
		want  string
		looks []probe.Sample
	}{
		"it flaps":             {relapsed, []probe.Sample{at(noon, 100*time.Millisecond, failing), at(noon, 200*time.Millisecond, nil), at(noon, 300*time.Millisecond, failing)}},
		"it stays":             {"", []probe.Sample{at(noon, 100*time.Millisecond, failing), at(noon, 200*time.Millisecond, nil), at(noon, 300*time.Millisecond, nil)}},
		"another fault's end":  {"", []probe.Sample{at(noon, time.Second, nil), at(noon.Add(time.Minute), 100*time.Millisecond, failing), at(noon.Add(time.Minute), 200*time.Millisecond, nil)}},
		"an older look, again": {"", []probe.Sample{at(noon, 200*time.Millisecond, nil), at(noon, 100*time.Millisecond, failing), at(noon, 300*time.Millisecond, nil)}},
	} {
		n := 0
		text := failure(func(g Gomega) {
			g.Consistently(func() probe.Sample {
				n++
				return c.looks[min(n, len(c.looks))-1]
			}).WithTimeout(300 * time.Millisecond).WithPolling(time.Millisecond).Should(HaveRecoveredWithin(2 * time.Second))
		})
		if (text == "") != (c.want == "") || !strings.Contains(text, c.want) || n < len(c.looks) {
			t.Errorf("%s: %d looks, failed with\n%s\nwant %s", name, n, text, c.want)
		}
	}
}
