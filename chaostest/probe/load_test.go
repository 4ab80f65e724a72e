package probe_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// A server stalls for a second in the middle of a load. An open loop has the samples
// that were due in that second, and each of them waited until its end.
func TestEverySampleMeantForAStallSeesIt(t *testing.T) {
	noLeak(t)
	// The time counts from the first request, so that a load that begins late sees the
	// whole stall.
	begins := sync.OnceValue(func() time.Time { return time.Now().Add(200 * time.Millisecond) })
	ends := func() time.Time { return begins().Add(time.Second) }
	svc := serve(t, func(http.ResponseWriter, *http.Request) {
		if now := time.Now(); now.After(begins()) && now.Before(ends()) {
			time.Sleep(time.Until(ends()))
		}
	})
	w, err := probe.Run(t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Timeout(time.Minute)), 100, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if w.N() != 200 || w.Errors() != 0 {
		t.Fatalf("got %s, want 200 samples and no error", w)
	}
	from, to := begins(), ends()
	stalled := w.Slice(from, to)
	if stalled.N() < 99 || stalled.N() > 101 {
		t.Errorf("%d samples were meant for the second of the stall, want 100", stalled.N())
	}
	for _, s := range stalled.Samples() {
		if s.End().Before(to) {
			t.Errorf("a sample meant for %s before the stall's end ended %s before it", to.Sub(s.Time), to.Sub(s.End()))
		}
	}
	// Half of the samples meant for the stall waited for half of it or longer.
	if p50, _ := stalled.Quantile(0.5); p50 < 450*time.Millisecond {
		t.Errorf("median latency meant for the stall is %s, want at least 450ms", p50)
	}
	if p75, _ := w.Quantile(0.75); p75 < 400*time.Millisecond {
		t.Errorf("p75 of the whole load is %s, want at least 400ms: a quarter of it waited as long", p75)
	}
}

// probeFunc is a probe that calls a function of the test.
type probeFunc func(context.Context) (probe.Sample, error)

func (f probeFunc) Sample(ctx context.Context) (probe.Sample, error) { return f(ctx) }
func (f probeFunc) String() string                                   { return "test probe" }

func TestRunKeepsTheRate(t *testing.T) {
	noLeak(t)
	var looks atomic.Int32
	p := probeFunc(func(context.Context) (probe.Sample, error) {
		looks.Add(1)
		return probe.Sample{Class: probe.OK}, nil
	})
	w, err := probe.Run(t.Context(), p, 250, 200*time.Millisecond)
	if err != nil || w.N() != 50 || looks.Load() != 50 {
		t.Fatalf("got %v, %v after %d looks, want 50 samples", w, err, looks.Load())
	}
	for i, s := range w.Samples() {
		if want := w.Start().Add(time.Duration(i) * 4 * time.Millisecond); s.Time.Sub(want).Abs() > time.Microsecond {
			t.Errorf("sample %d was meant for %s after the start, want %s", i, s.Time.Sub(w.Start()), want.Sub(w.Start()))
		}
		if s.Lag < 0 || s.Latency != 0 || s.Lag > w.Lag() || !s.End().Equal(s.Time.Add(s.Lag)) {
			t.Errorf("sample %d has latency %s and lag %s, the window %s", i, s.Latency, s.Lag, w.Lag())
		}
	}
	if w.End().Sub(w.Start()) != 200*time.Millisecond {
		t.Errorf("the window is %s long", w.End().Sub(w.Start()))
	}
}

func TestRunRefusesAbsurdLoads(t *testing.T) {
	p := probeFunc(func(context.Context) (probe.Sample, error) {
		t.Error("the probe was asked")
		return probe.Sample{}, nil
	})
	for _, c := range []struct {
		p    probe.Probe
		rate probe.Rate
		d    time.Duration
		want string
	}{
		{p, 0, time.Second, "load: test probe at 0/s: the rate must be above 0 and at most 10000/s"},
		{p, -1, time.Second, "load: test probe at -1/s: the rate must be above 0 and at most 10000/s"},
		{p, probe.Rate(math.NaN()), time.Second, "load: test probe at NaN/s: the rate must be above 0 and at most 10000/s"},
		{p, 1e5, time.Second, "load: test probe at 100000/s: the rate must be above 0 and at most 10000/s"},
		{p, 1, 0, "load: test probe for 0s: the duration must be above 0"},
		{p, 1, -time.Second, "load: test probe for -1s: the duration must be above 0"},
		{p, 10_000, time.Hour, "load: test probe at 10000/s for 1h0m0s: 36000000 samples, at most 1000000 are kept: use a lower rate or a shorter time"},
		{nil, 1, time.Second, `load: no probe: write probe.HTTP(service, "8080/tcp", "/")`},
	} {
		if w, err := probe.Run(t.Context(), c.p, c.rate, c.d); err == nil || err.Error() != c.want {
			t.Errorf("got %v and error\n  %v, want\n  %s", w, err, c.want)
		}
	}
	if _, err := probe.Run(t.Context(), p, 1, time.Second, probe.Progress(0, func(record.Window) {})); err == nil {
		t.Error("progress every 0s was not refused")
	}
	if _, err := probe.Run(t.Context(), probe.HTTP(closed(t), "9090/tcp", "/"), 1, time.Second); err == nil || !strings.Contains(err.Error(), "not published") {
		t.Errorf("a port that is not published: got %v", err)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	noLeak(t)
	ctx, stop := context.WithCancelCause(t.Context())
	var looks atomic.Int32
	p := probeFunc(func(ctx context.Context) (probe.Sample, error) {
		switch n := looks.Add(1); {
		case n <= 10:
			return probe.Sample{Class: probe.OK}, nil
		case n == 15:
			stop(errors.New("the spec timed out"))
		}
		<-ctx.Done()
		return probe.Sample{}, context.Cause(ctx)
	})
	w, err := probe.Run(ctx, p, 1000, time.Minute)
	if err == nil || err.Error() != "load test probe at 1000/s for 1m0s: stopped after 10 of 60,000 samples: the spec timed out" {
		t.Errorf("error %v", err)
	}
	if w.N() != 10 || w.End().After(time.Now()) {
		t.Errorf("got %s", w)
	}
}

func TestRunStopsWhenTheProbeCannotLook(t *testing.T) {
	noLeak(t)
	broken := errors.New("the daemon does not answer")
	var looks atomic.Int32
	p := probeFunc(func(ctx context.Context) (probe.Sample, error) {
		if looks.Add(1) == 20 {
			return probe.Sample{}, broken
		}
		return probe.Sample{Class: probe.Refused}, nil
	})
	w, err := probe.Run(t.Context(), p, 1000, time.Minute)
	if !errors.Is(err, broken) || w.N() < 19 || w.Errors() != w.N() {
		t.Errorf("got %v and error %v", w, err)
	}
}

func TestRunCountsAServiceThatIsDown(t *testing.T) {
	svc := &service{err: downError{errors.New("container shop does not run")}}
	w, err := probe.Run(t.Context(), probe.HTTP(svc, "8080/tcp", "/"), 100, 100*time.Millisecond)
	if err != nil || w.Errors() != 10 || w.Classes()[probe.NotRunning] != 10 {
		t.Errorf("got %v, %v", w, err)
	}
}

func TestRunClosesTheConnectionsItKept(t *testing.T) {
	noLeak(t)
	svc := serve(t, func(http.ResponseWriter, *http.Request) {})
	if w, err := probe.Run(t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.KeepAlive()), 200, 100*time.Millisecond); err != nil || w.Errors() != 0 {
		t.Errorf("got %v, %v", w, err)
	}
}

func TestProgressIsReportedWhileTheLoadRuns(t *testing.T) {
	seen, once := make(chan struct{}), sync.Once{}
	var reports []record.Window
	var looks atomic.Int32
	p := probeFunc(func(context.Context) (probe.Sample, error) {
		if looks.Add(1) == 10 {
			<-seen // the load cannot end before progress was reported
		}
		return probe.Sample{Class: probe.OK, Latency: time.Millisecond}, nil
	})
	w, err := probe.Run(t.Context(), p, 1000, 10*time.Millisecond,
		probe.Labelled("checkout keeps selling", "delay 300ms on db"),
		probe.Progress(5*time.Millisecond, func(r record.Window) {
			if reports = append(reports, r); r.Count == 9 {
				once.Do(func() { close(seen) })
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	last := reports[len(reports)-1]
	if last.Count < 9 || last.Spec != "checkout keeps selling" || last.Faults[0] != "delay 300ms on db" || last.Probe != "test probe" {
		t.Errorf("the last report is %+v", last)
	}
	if r := w.Record(); r.Count != 10 || r.Spec != "checkout keeps selling" || r.Faults[0] != "delay 300ms on db" {
		t.Errorf("the record is %+v", r)
	}
}
