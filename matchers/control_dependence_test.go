package matchers_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// endedLoad is the series of a window's samples, ended.
func endedLoad(t *testing.T, w *probe.Window) *probe.Window {
	t.Helper()
	series := probe.NewSeries(checkout, noon)
	if err := series.Add(w.Samples()...); err != nil {
		t.Fatal(err)
	}
	series.End(w.End())
	return series.Window()
}

// One stretch of errors is one episode, and not fifteen.
func TestControlCountsErrorsInEpisodes(t *testing.T) {
	usual := window(250, nil)
	burst := window(250, failing, from(100, 15)...)
	if ok, err := MatchControl(usual, ErrorsOnly).Match(burst); ok || err == nil || !strings.HasPrefix(err.Error(), "undecided: it failed 6 % of the time more often") {
		t.Errorf("a burst: %v, %v", ok, err)
	}
	half := window(250, failing, from(125, 125)...)
	if ok, err := MatchControl(usual, ErrorsOnly).Match(half); ok || err != nil {
		t.Errorf("half of the load: %v, %v", ok, err)
	}
	message := MatchControl(usual, ErrorsOnly).FailureMessage(half)
	if !strings.Contains(message, ", where about 12 pairs in a row are alike and count as one\n") {
		t.Error(message)
	}
}

// A service that has just started is slow for a moment, and its control was warm.
func TestControlLeavesTheWarmUpOut(t *testing.T) {
	usual := endedLoad(t, noisy(300, 20*time.Millisecond, nil))
	cold := noisy(300, 21*time.Millisecond, taking(time.Second), upTo(45)...)
	series := probe.NewSeries(checkout, noon)
	for i, s := range cold.Samples() {
		if err := series.Add(s); err != nil {
			t.Fatal(err)
		}
		if ok, err := MatchControl(usual).Match(series.Window()); !ok && err == nil {
			t.Fatalf("violated after %d samples", i+1)
		} else if i == 40 && (err == nil || !strings.HasPrefix(err.Error(), "undecided: it is slower so far, but a service may warm up in its first 1s: ")) {
			t.Errorf("after %d samples: %v, %v", i+1, ok, err)
		}
	}
	series.End(cold.End())
	if ok, err := MatchControl(usual).Match(series.Window()); !ok && err == nil {
		t.Error("violated at the end")
	}
	// What stays slow is seen while the load goes on, from the third second.
	slow := noisy(300, 60*time.Millisecond, nil)
	series = probe.NewSeries(checkout, noon)
	for i, s := range slow.Samples() {
		if err := series.Add(s); err != nil {
			t.Fatal(err)
		}
		if ok, err := MatchControl(usual).Match(series.Window()); i+1 == 160 && (ok || err != nil) {
			t.Errorf("slow for %d samples: %v, %v", i+1, ok, err)
		}
	}
}

// The look at the end of a load sees what the looks before cannot.
func TestControlSeesMoreAtTheEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	latencies := func(factor float64) *probe.Window {
		return window(250, func(s *probe.Sample) {
			s.Latency = time.Duration(factor * (20 + 40*random.Float64()) * float64(time.Millisecond))
		}, upTo(250)...)
	}
	usual, slower := latencies(1), latencies(1.34)
	if ok, err := MatchControl(usual).Match(slower); ok || err == nil {
		t.Errorf("a window that may grow: %v, %v", ok, err)
	}
	ended := endedLoad(t, slower)
	matcher := MatchControl(usual)
	if ok, err := matcher.Match(ended); ok || err != nil {
		t.Errorf("a load that has ended: %v, %v", ok, err)
	}
	if message := matcher.FailureMessage(ended); !strings.Contains(message, "; at its end p 0.0") || !strings.Contains(message, ", of 2 % allowed\n") {
		t.Error(message)
	}
}
