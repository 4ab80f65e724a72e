package matchers_test

import (
	"math"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestErrorRateKept(t *testing.T) {
	w := window(250, nil)
	expect(t, "", func(g Gomega) { g.Expect(w).To(KeepErrorRateBelow(1 * Percent)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, no error, p50 12ms, p99 12ms
not to keep its error rate below 1 %
but 0 of 250 samples failed (0 %, allowed 1 %); with 95 % confidence fewer than 1.69 % do
e-value 0.0377, p 1: at alpha 5 % an e-value of 20 would show a violation, however often one looks`,
		func(g Gomega) { g.Expect(w).NotTo(KeepErrorRateBelow(1 * Percent)) })
	judgements := w.Record().Judgements
	if len(judgements) != 1 {
		t.Fatalf("judgements %+v", judgements)
	}
	j := judgements[0]
	if j.ID == "" {
		t.Error("the judgement has no ID")
	}
	if since := time.Since(j.At); since < 0 || since > time.Minute {
		t.Errorf("it was judged %s ago", since)
	}
	j.ID, j.At, j.LogE = "", time.Time{}, record.Float(math.Round(float64(j.LogE)*1e6)/1e6)
	if want := (record.Judgement{
		Matcher: "KeepErrorRateBelow", Objective: "error rate below 1 %", Outcome: record.Kept,
		Value: 0, Threshold: 0.01, Samples: 250, Alpha: 0.05, LogE: -3.276961,
		Text: "0 of 250 samples failed (0 %, allowed 1 %); with 95 % confidence fewer than 1.69 % do",
	}); j != want {
		t.Errorf("judgement\n%+v, want\n%+v", j, want)
	}
}

func TestErrorRateViolated(t *testing.T) {
	w := window(250, failing, spread(12, 250)...)
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(KeepErrorRateBelow(1 * Percent)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 12 errors (12 status 5xx), p50 12ms, p99 12ms
to keep its error rate below 1 %
but 12 of 250 samples failed (4.8 %, allowed 1 %); with 95 % confidence more than 1.98 % do
e-value 6.04e+03, p 0.000166: at alpha 5 % an e-value of 20 shows a violation, however often one looks
the first that failed:
    at 200ms: 503 Service Unavailable in 12ms (status 5xx)
    at 620ms: 503 Service Unavailable in 12ms (status 5xx)
    at 1.04s: 503 Service Unavailable in 12ms (status 5xx)
    at 1.44s: 503 Service Unavailable in 12ms (status 5xx)
    at 1.86s: 503 Service Unavailable in 12ms (status 5xx)`,
		func(g Gomega) { g.Expect(w).To(KeepErrorRateBelow(1 * Percent)) })
	if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Violated || j[0].Value != 0.048 {
		t.Errorf("judgements %+v", j)
	}
}

func TestErrorRateUndecidedFailsInBothPolarities(t *testing.T) {
	w := window(40, failing, 5)
	want := "undecided: 1 of 40 samples failed (2.5 %), more than the 1 % allowed, but not shown at alpha 5 %: " +
		"116 samples keep it if no more of them do, and 1,395 show it with 90 % probability if the rate stays: " +
		"load for longer or at a higher rate (GET http://shop:8080/checkout)"
	matcher := KeepErrorRateBelow(1 * Percent)
	for range 2 { // the same every time
		if ok, err := matcher.Match(w); ok || err == nil || unmarked(err) != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
	}
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(w).To(matcher) },
		func(g Gomega) { g.Expect(w).NotTo(matcher) },
	} {
		if text := failure(assert); !strings.Contains(text, want) {
			t.Errorf("failed with\n%s", text)
		}
	}
	if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided || !strings.HasPrefix(j[0].Text, "undecided: 1 of 40") {
		t.Errorf("judgements %+v", j)
	}
	if _, err := matcher.Match(window(0, nil)); err == nil || !strings.HasPrefix(err.Error(), "undecided: 0 of 0 samples failed: too little") {
		t.Errorf("an empty window: %v", err)
	}
}

func TestErrorRateDecidesAtTheExpectedCounts(t *testing.T) {
	for _, c := range []struct {
		n, errors int
		want      record.Outcome
		alpha     float64
	}{
		{64, 0, record.Undecided, 0.05},
		{65, 0, record.Kept, 0.05},
		{99, 0, record.Undecided, 0.01},
		{100, 0, record.Kept, 0.01},
		{120, 1, record.Kept, 0.05},
		{120, 2, record.Undecided, 0.05},
		{250, 2, record.Kept, 0.05},
		{250, 3, record.Undecided, 0.05},
		{250, 5, record.Undecided, 0.05},
		{250, 7, record.Undecided, 0.05},
		{250, 8, record.Violated, 0.05},
		{3, 3, record.Violated, 0.05},
		{1, 1, record.Undecided, 0.05},
		{1000, 30, record.Violated, 0.05},
	} {
		w := window(c.n, failing, spread(c.errors, c.n)...)
		ok, err := KeepErrorRateBelow(1*Percent, Alpha(c.alpha)).Match(w)
		got := record.Violated
		switch {
		case err != nil:
			got = record.Undecided
		case ok:
			got = record.Kept
		}
		if recorded := w.Record().Judgements[0].Outcome; got != c.want || recorded != c.want {
			t.Errorf("%d errors in %d at alpha %v: %s, recorded %s, want %s", c.errors, c.n, c.alpha, got, recorded, c.want)
		}
	}
}

// A window keeps its objective only where what was observed does: the share is within
// the limit, and five times the limit is ruled out.
func TestKeptMeansKept(t *testing.T) {
	for _, c := range []struct {
		limit   float64
		n, kept int // the most errors that keep it
		shown   int // the fewest that violate it
	}{
		{5 * Percent, 120, 6, 15},
		{5 * Percent, 250, 12, 25},
		{5 * Percent, 500, 25, 43},
		{1 * Percent, 120, 1, 6},
		{1 * Percent, 250, 2, 8},
		{1 * Percent, 500, 5, 13},
		{1 - 0.9, 100, 10, 21}, // a little below 10 % in binary
	} {
		for errors := range c.n + 1 {
			want := record.Undecided
			switch {
			case errors <= c.kept:
				want = record.Kept
			case errors >= c.shown:
				want = record.Violated
			}
			w := window(c.n, func(s *probe.Sample) { failing(s); s.Latency = time.Minute }, spread(errors, c.n)...)
			for name, matcher := range map[string]OmegaMatcher{
				"error rate": KeepErrorRateBelow(c.limit), "availability": KeepAvailabilityAbove(1 - c.limit), "latency": KeepLatencyBelow(time.Second, Quantile(1-c.limit)),
			} {
				ok, err := matcher.Match(w)
				got := record.Violated
				switch {
				case err != nil:
					got = record.Undecided
				case ok:
					got = record.Kept
				}
				if got != want {
					t.Errorf("%s: %d of %d beside a limit of %v: %s, want %s", name, errors, c.n, c.limit, got, want)
				}
			}
			if ok, err := KeepErrorRateBelow(c.limit, Proved).Match(w); ok && err == nil && errors > c.kept {
				t.Errorf("%d of %d prove a limit of %v", errors, c.n, c.limit)
			}
		}
	}
}

func TestUndecidedSaysWhatWasObserved(t *testing.T) {
	w := window(120, func(s *probe.Sample) { failing(s); s.Latency = time.Minute }, spread(14, 120)...)
	for want, matcher := range map[string]OmegaMatcher{
		"undecided: 14 of 120 samples failed (11.7 %), more than the 5 % allowed, but not shown at alpha 5 %: 280 samples keep it if no more of them do, and 325 show it with 90 % probability if the rate stays: load for longer or at a higher rate": KeepErrorRateBelow(5 * Percent),
		"undecided: 14 of 120 samples failed (availability 88.3 %), less than the 95 % required, but not shown at alpha 5 %: ":                                                                                                                         KeepAvailabilityAbove(95 * Percent),
		"undecided: 14 of 120 samples took longer than 1s or failed (11.7 %), more than the 5 % allowed, p95 is one that failed, but not shown at alpha 5 %: ":                                                                                         KeepLatencyBelow(time.Second, P95),
		"undecided: 14 of 120 samples failed (11.7 %), more than the 11 % allowed, but not shown at alpha 5 %: 128 samples keep it if no more of them do: load":                                                                                        KeepErrorRateBelow(11 * Percent),
	} {
		if _, err := matcher.Match(w); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error\n%v, want\n%s", err, want)
		}
	}
	// Rounded to 1 % it would seem to be within.
	want := "undecided: 101 of 9,999 samples failed (1.01010101 %), more than the 1.01 % allowed, but not shown"
	if _, err := KeepErrorRateBelow(1.01 * Percent).Match(window(9999, failing, spread(101, 9999)...)); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error\n%v, want\n%s", err, want)
	}
}

func TestErrorRateRefusesBadInput(t *testing.T) {
	w := window(250, nil)
	for want, matcher := range map[string]OmegaMatcher{
		"KeepErrorRateBelow(0): limit 0: must be above 0 and below 1: write 1 * Percent for 1 %":                                                      KeepErrorRateBelow(0),
		"KeepErrorRateBelow(1): limit 1: must be above 0 and below 1: write 1 * Percent for 1 %":                                                      KeepErrorRateBelow(1),
		"KeepErrorRateBelow(-0.1): limit -0.1: must be above 0 and below 1: write 1 * Percent for 1 %":                                                KeepErrorRateBelow(-0.1),
		"KeepErrorRateBelow(NaN): limit NaN: must be above 0 and below 1: write 1 * Percent for 1 %":                                                  KeepErrorRateBelow(math.NaN()),
		"KeepErrorRateBelow(0.01): alpha 0: must be above 0 and at most 0.5":                                                                          KeepErrorRateBelow(0.01, Alpha(0)),
		"KeepErrorRateBelow(0.01): alpha 0.6: must be above 0 and at most 0.5":                                                                        KeepErrorRateBelow(0.01, Alpha(0.6)),
		"KeepErrorRateBelow(0.01): proof option 9: there is Proved, or none":                                                                          KeepErrorRateBelow(0.01, ProofOption(9)),
		"KeepErrorRateBelow(0.9999999999999999): a rate of 0.9999999999999999 cannot be told from one of 1: choose a limit further from 0 and from 1": KeepErrorRateBelow(math.Nextafter(1, 0)),
	} {
		if ok, err := matcher.Match(w); ok || err == nil || err.Error() != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
	}
	negative := window(250, taking(-time.Second), 3)
	if ok, err := KeepErrorRateBelow(1 * Percent).Match(negative); ok || err == nil ||
		!strings.HasPrefix(err.Error(), "KeepErrorRateBelow: window of GET http://shop:8080/checkout: the sample meant for 12:00:00.060 took -1s: a latency is not negative") {
		t.Errorf("a negative latency: %v, %v", ok, err)
	}
	for _, actual := range []any{nil, 7, (*probe.Window)(nil)} {
		_, err := KeepErrorRateBelow(1 * Percent).Match(actual)
		if err == nil || !strings.HasPrefix(err.Error(), "KeepErrorRateBelow matcher expects a *probe.Window, such as Load returns.  Got:\n") {
			t.Errorf("%v: %v", actual, err)
		}
		if text := KeepErrorRateBelow(1 * Percent).FailureMessage(actual); !strings.Contains(text, "to keep its error rate below 1 %") {
			t.Errorf("%v: %s", actual, text)
		}
	}
	if j := w.Record().Judgements; len(j) != 0 {
		t.Errorf("judged before the input was checked: %+v", j)
	}
}

func TestErrorRateSaysThatTheLoadItselfWasLate(t *testing.T) {
	w := window(250, func(s *probe.Sample) { failing(s); s.Lag = 300 * time.Millisecond }, spread(12, 250)...)
	text := failure(func(g Gomega) { g.Expect(w).To(KeepErrorRateBelow(1 * Percent)) })
	if !strings.Contains(text, "\nthe load generator itself was late by up to 300ms: is this machine overloaded?\nthe first that failed:") {
		t.Errorf("failed with\n%s", text)
	}
}
