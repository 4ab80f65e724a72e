package matchers_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestAvailabilityKept(t *testing.T) {
	w := window(250, failing, 100)
	expect(t, "", func(g Gomega) { g.Expect(w).To(KeepAvailabilityAbove(99 * Percent)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 1 error (1 status 5xx), p50 12ms, p99 12ms
not to keep its availability above 99 %
but 1 of 250 samples failed (availability 99.6 %, required 99 %); with 95 % confidence fewer than 2.29 % do
e-value 0.0569, p 1: at alpha 5 % an e-value of 20 would show a violation, however often one looks
the first that failed:
    at 2s: 503 Service Unavailable in 12ms (status 5xx)`,
		func(g Gomega) { g.Expect(w).NotTo(KeepAvailabilityAbove(99 * Percent)) })
	if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Kept || j[0].Value != 0.996 || math.Abs(float64(j[0].Threshold)-0.99) > 1e-12 {
		t.Errorf("judgements %+v", j)
	}
}

func TestAvailabilityViolated(t *testing.T) {
	w := window(250, failing, spread(12, 250)...)
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(KeepAvailabilityAbove(99 * Percent)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 12 errors (12 status 5xx), p50 12ms, p99 12ms
to keep its availability above 99 %
but 12 of 250 samples failed (availability 95.2 %, required 99 %); with 95 % confidence more than 1.98 % do
e-value 6.04e+03, p 0.000166: at alpha 5 % an e-value of 20 shows a violation, however often one looks
the first that failed:
    at 200ms: 503 Service Unavailable in 12ms (status 5xx)
    at 620ms: 503 Service Unavailable in 12ms (status 5xx)
    at 1.04s: 503 Service Unavailable in 12ms (status 5xx)
    at 1.44s: 503 Service Unavailable in 12ms (status 5xx)
    at 1.86s: 503 Service Unavailable in 12ms (status 5xx)`,
		func(g Gomega) { g.Expect(w).To(KeepAvailabilityAbove(99 * Percent)) })
}

func TestAvailabilityJudgesAsTheErrorRateDoes(t *testing.T) {
	for errors := range 20 {
		w := window(250, failing, spread(errors, 250)...)
		ok, err := KeepAvailabilityAbove(99 * Percent).Match(w)
		same, sameErr := KeepErrorRateBelow(1 * Percent).Match(w)
		if ok != same || (err == nil) != (sameErr == nil) {
			t.Errorf("%d errors: availability %v, %v; error rate %v, %v", errors, ok, err, same, sameErr)
		}
	}
}

func TestAvailabilityIsNotRounded(t *testing.T) {
	matcher := KeepAvailabilityAbove(0.9999999)
	if text := matcher.FailureMessage(window(10, nil)); !strings.Contains(text, "to keep its availability above 99.99999 %\n") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestAvailabilityRefusesBadInput(t *testing.T) {
	for want, matcher := range map[string]OmegaMatcher{
		"KeepAvailabilityAbove(0): target 0: must be above 0 and below 1: write 99.9 * Percent for 99.9 %":                 KeepAvailabilityAbove(0),
		"KeepAvailabilityAbove(1): target 1: must be above 0 and below 1: write 99.9 * Percent for 99.9 %":                 KeepAvailabilityAbove(1),
		"KeepAvailabilityAbove(NaN): target NaN: must be above 0 and below 1: write 99.9 * Percent for 99.9 %":             KeepAvailabilityAbove(math.NaN()),
		"KeepAvailabilityAbove(1e-17): a rate of 1 cannot be told from one of 1: choose a limit further from 0 and from 1": KeepAvailabilityAbove(1e-17),
	} {
		if ok, err := matcher.Match(window(250, nil)); ok || err == nil || err.Error() != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
	}
}
