package probe_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestAnsweredIsForWholeAnswers(t *testing.T) {
	for class, want := range map[probe.Class]bool{
		probe.OK: true, probe.Status3xx: true, probe.Status4xx: true, probe.Status5xx: true, probe.StatusOther: true, probe.ExitCode: true,
		probe.TimedOut: false, probe.Refused: false, probe.Reset: false, probe.Unreachable: false, probe.Garbled: false, probe.NotRunning: false, "": false,
	} {
		if got := (probe.Sample{Class: class}).Answered(); got != want {
			t.Errorf("%q: %v, want %v", class, got, want)
		}
	}
}

func TestASampleKnowsTheLastHealthyOne(t *testing.T) {
	var broken atomic.Bool
	svc := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	p := probe.HTTP(svc, "8080/tcp", "/")
	first := sample(t, p)
	if !first.LastHealthy.IsZero() {
		t.Errorf("the first sample knows a healthy one, of %s", first.LastHealthy)
	}
	broken.Store(true)
	for range 2 {
		if s := sample(t, p); s.Healthy() || !s.LastHealthy.Equal(first.Time) {
			t.Errorf("%s: the last healthy one was of %s, want %s", s, s.LastHealthy, first.Time)
		}
	}
	if s := sample(t, probe.HTTP(svc, "8080/tcp", "/")); !s.LastHealthy.IsZero() {
		t.Errorf("the sample of another probe knows a healthy one, of %s", s.LastHealthy)
	}
}

func TestASampleIsRecordedByTheService(t *testing.T) {
	svc := serve(t, func(http.ResponseWriter, *http.Request) {})
	p := probe.HTTP(svc, "8080/tcp", "/")
	s := sample(t, p)
	first := s.Judged("M", "o", judged(record.Judgement{Outcome: record.Violated}))
	again := sample(t, p).Judged("M", "o", judged(record.Judgement{Outcome: record.Kept}))
	all := svc.judgements.Records()
	if len(all) != 1 || all[0].ID != first || again != first || all[0].Outcome != record.Kept || svc.judgedOf != p.String() {
		t.Errorf("judgements %+v of %q with the IDs %s and %s", all, svc.judgedOf, first, again)
	}
	// Samples in a window are judged together.
	w := probe.NewWindow("p", s.Time, s.Time, []probe.Sample{s})
	series := probe.NewSeries("p", s.Time)
	if err := series.Add(s); err != nil {
		t.Fatal(err)
	}
	for _, of := range []*probe.Window{w, series.Window()} {
		if id := of.Samples()[0].Judged("M", "other", judged(record.Judgement{})); id == "" || len(svc.judgements.Records()) != 1 {
			t.Errorf("a window's sample has the ID %q, and the service %d judgements", id, len(svc.judgements.Records()))
		}
	}
}
