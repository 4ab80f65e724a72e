package matchers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// Twelve errors in a row are one episode. Independent errors as many would be a violation.
func TestErrorsInBurstsCountAsEpisodes(t *testing.T) {
	w := window(250, failing, from(100, 12)...)
	want := "undecided: 12 of 250 samples failed (4.8 %), more than the 1 % allowed, in bursts of about 12, so that they count as 1, but not shown at alpha 5 %: " +
		"1,386 samples keep it if no more of them do, and 3,228 show it with 90 % probability if the rate stays: load for longer or at a higher rate (" + checkout + ")"
	if ok, err := KeepErrorRateBelow(1 * Percent).Match(w); ok || err == nil || unmarked(err) != want {
		t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
	}
	for name, c := range map[string]struct {
		w    *probe.Window
		text string
	}{
		"many bursts show it":              {window(2500, failing, inBursts(30, 5, 2500)...), "150 of 2,500 samples failed (6 %, allowed 1 %), in bursts of about 4, so that they count as 39; with 95 % confidence more than "},
		"an outage of half the load, too":  {window(250, failing, from(125, 125)...), "125 of 250 samples failed (50 %, allowed 1 %), in bursts of about 25, so that they count as 5; with 95 % confidence more than "},
		"so does a service that is dead":   {window(250, failing, upTo(250)...), "250 of 250 samples failed (100 %, allowed 1 %); with 95 % confidence more than "},
		"and independent errors have none": {window(250, failing, spread(12, 250)...), "12 of 250 samples failed (4.8 %, allowed 1 %); with 95 % confidence more than "},
	} {
		matcher := KeepErrorRateBelow(1 * Percent)
		if ok, err := matcher.Match(c.w); ok || err != nil || !strings.Contains(matcher.FailureMessage(c.w), "\nbut "+c.text) {
			t.Errorf("%s: %v, %v\n%s", name, ok, err, matcher.FailureMessage(c.w))
		}
	}
}

// inBursts are so many bursts of a size, spread over the samples.
func inBursts(bursts, size, over int) []int {
	var places []int
	for _, start := range spread(bursts, over) {
		places = append(places, from(start, size)...)
	}
	return places
}

// A service that has just started is slow for a moment. That decides nothing while the load
// goes on, and counts as one episode when it has ended.
func TestWarmUpIsNoViolation(t *testing.T) {
	slow := func(s *probe.Sample) { s.Latency = 2 * time.Second }
	matcher := KeepLatencyBelow(time.Second, P95)
	series := probe.NewSeries(checkout, noon)
	add := func(w *probe.Window, part int) {
		for _, s := range w.Samples()[50*part : 50*(part+1)] {
			if err := series.Add(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	cold := window(300, slow, upTo(50)...)
	add(cold, 0)
	want := "undecided: 50 of 50 samples took longer than 1s or failed (100 %, allowed 5 %), p95 2s, most of them in the first 1s, in which a service may warm up: " +
		"load for longer, or judge the load when it has ended (" + checkout + ")"
	if ok, err := matcher.Match(series.Window()); ok || err == nil || unmarked(err) != want {
		t.Errorf("%v, %v", ok, err)
	}
	for part := 1; part < 6; part++ {
		add(cold, part)
		if ok, err := matcher.Match(series.Window()); !ok && err == nil {
			t.Errorf("violated after %d s", part)
		}
	}
	series.End(noon.Add(6 * time.Second))
	if ok, err := matcher.Match(series.Window()); !ok && err == nil {
		t.Errorf("violated at the end")
	}
	// What goes on after that time is no warm-up.
	for name, w := range map[string]*probe.Window{"slow all the time": window(300, slow, upTo(300)...), "slow from then on": window(300, slow, from(50, 250)...)} {
		series = probe.NewSeries(checkout, noon)
		add(w, 0)
		add(w, 1)
		if ok, err := matcher.Match(series.Window()); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	// A load that has ended says what it saw, also in the first second.
	if ok, err := matcher.Match(window(50, slow, upTo(50)...)); ok || err != nil {
		t.Errorf("a short load: %v, %v", ok, err)
	}
}
