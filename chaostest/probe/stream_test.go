package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// quick is a probe of a healthy service.
var quick = probeFunc(func(context.Context) (probe.Sample, error) { return probe.Sample{Class: probe.OK}, nil })

func TestAStreamGrowsUntilItIsStopped(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	stream, err := probe.Start(t.Context(), quick, 500, 0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(stream.Window).WithTimeout(time.Minute).Should(HaveField("N()", BeNumerically(">=", 50)))
	seen, err := stream.Window()
	if err != nil || !seen.Growing() || seen.Final() {
		t.Errorf("while it runs: %s, %v", seen, err)
	}
	if last := seen.Samples()[seen.N()-1]; !seen.End().After(last.Time) || seen.End().Sub(last.Time) > 3*time.Millisecond {
		t.Errorf("the window ends %s after its last sample, want 2ms: when the next one is meant", seen.End().Sub(last.Time))
	}
	stream.Stop()
	stream.Stop()
	whole, err := stream.Wait(t.Context())
	if err != nil || whole.N() < seen.N() || whole.Growing() || !whole.Final() || whole.End().After(time.Now()) {
		t.Errorf("stopped: %s, %v", whole, err)
	}
	for i, s := range whole.Samples() {
		if want := whole.Start().Add(time.Duration(i) * 2 * time.Millisecond); s.Time.Sub(want).Abs() > time.Microsecond {
			t.Fatalf("sample %d was meant for %s after the start", i, s.Time.Sub(whole.Start()))
		}
	}
	if again, _ := stream.Window(); again != whole {
		t.Error("a window after the end is another one")
	}
}

func TestAStreamEndsByItself(t *testing.T) {
	noLeak(t)
	stream, err := probe.Start(t.Context(), quick, 1000, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	w, err := stream.Wait(t.Context())
	if err != nil || w.N() != 50 || !w.Final() || w.End().Sub(w.Start()) != 50*time.Millisecond {
		t.Errorf("got %s, %v", w, err)
	}
	stream.Stop()
}

// If some samples fail fast and others succeed slowly, an early window must not have
// the failures alone.
func TestAWindowHoldsNothingBehindASampleInFlight(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	var looks, failed atomic.Int32
	answer := make(chan struct{})
	p := probeFunc(func(ctx context.Context) (probe.Sample, error) {
		switch n := looks.Add(1); {
		case n <= 10:
			return probe.Sample{Class: probe.OK}, nil
		case n == 11:
			select {
			case <-answer:
				return probe.Sample{Class: probe.OK}, nil
			case <-ctx.Done():
				return probe.Sample{}, context.Cause(ctx)
			}
		}
		failed.Add(1)
		return probe.Sample{Class: probe.Refused}, nil
	})
	stream, err := probe.Start(t.Context(), p, 200, 0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(failed.Load).WithTimeout(time.Minute).Should(BeNumerically(">=", 20))
	if w, err := stream.Window(); err != nil || w.N() > 11 || w.Errors() > 1 {
		t.Errorf("while one of the first looks is in flight: %s, %v", w, err)
	}
	close(answer)
	g.Eventually(stream.Window).WithTimeout(time.Minute).Should(HaveField("Errors()", BeNumerically(">=", 20)))
	stream.Stop()
	if w, err := stream.Window(); err != nil || w.N() != int(looks.Load()) || w.Errors() != w.N()-11 {
		t.Errorf("stopped after %d looks: %s, %v", looks.Load(), w, err)
	}
}

func TestConsistentlyEndsWithTheLoad(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	p := probeFunc(func(context.Context) (probe.Sample, error) { return probe.Sample{Class: probe.OK}, nil })
	stream, err := probe.Start(t.Context(), p, 100, 100*time.Millisecond)
	g.Expect(err).NotTo(HaveOccurred())
	most := 0
	g.Consistently(stream.UntilEnd()).WithTimeout(time.Hour).Should(WithTransform(func(w *probe.Window) int {
		most = max(most, w.N())
		return w.Errors()
	}, BeZero()))
	g.Expect(most).To(Equal(10), "the last window was looked at, too")

	broken := errors.New("the daemon does not answer")
	stream, err = probe.Start(t.Context(), probeFunc(func(context.Context) (probe.Sample, error) { return probe.Sample{}, broken }), 100, time.Minute)
	g.Expect(err).NotTo(HaveOccurred())
	text := ""
	NewGomega(func(message string, _ ...int) { text = message }).
		Consistently(stream.UntilEnd()).WithTimeout(time.Hour).Should(Not(BeNil()))
	g.Expect(text).To(ContainSubstring("the daemon does not answer"))
}

func TestAStreamThatFailsTellsGomegaToStop(t *testing.T) {
	noLeak(t)
	broken := errors.New("the daemon does not answer")
	var looks atomic.Int32
	p := probeFunc(func(context.Context) (probe.Sample, error) {
		if looks.Add(1) == 20 {
			return probe.Sample{}, broken
		}
		return probe.Sample{Class: probe.OK}, nil
	})
	stream, err := probe.Start(t.Context(), p, 1000, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	NewGomega(func(message string, _ ...int) { text = message }).
		Eventually(stream.Window).WithTimeout(time.Minute).Should(HaveField("N()", BeNumerically("<", 0)))
	if !strings.Contains(text, "Told to stop trying") || !strings.Contains(text, "the daemon does not answer") {
		t.Errorf("failed with\n%s", text)
	}
	w, err := stream.Window()
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "the load has failed: load test probe at 1000/s for 1m0s: stopped after ") || w.N() == 0 || !w.Final() {
		t.Errorf("got %s, %v", w, err)
	}
	if _, err := stream.Wait(t.Context()); !errors.Is(err, broken) {
		t.Errorf("waited: %v", err)
	}
}

// In a synctest bubble the clock jumps ahead: the load takes 100 s there.
func TestAStreamWithoutEndFailsAtTheMostSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := probeFunc(func(context.Context) (probe.Sample, error) { return probe.Sample{Class: probe.OK}, nil })
		stream, err := probe.Start(t.Context(), p, 10_000, 0)
		if err != nil {
			t.Fatal(err)
		}
		w, err := stream.Wait(t.Context())
		if want := "load test probe at 10000/s: stopped after 1,000,000 samples, the most that a load can hold: use a lower rate, or say for how long"; err == nil || err.Error() != want {
			t.Errorf("failed with %v, want\n%s", err, want)
		}
		if w.N() != 1_000_000 || !w.Final() || w.End().Sub(w.Start()) != 100*time.Second-time.Second/10_000 {
			t.Errorf("got %s, final %t, in %s", w, w.Final(), w.End().Sub(w.Start()))
		}
	})
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	noLeak(t)
	ctx, stop := context.WithCancelCause(t.Context())
	p := probeFunc(func(ctx context.Context) (probe.Sample, error) {
		<-ctx.Done()
		return probe.Sample{}, context.Cause(ctx)
	})
	stream, err := probe.Start(ctx, p, 1000, 0)
	if err != nil {
		t.Fatal(err)
	}
	short, enough := context.WithCancelCause(t.Context())
	enough(errors.New("enough"))
	if w, err := stream.Wait(short); err == nil || err.Error() != "wait for load test probe at 1000/s: enough" || w.N() != 0 || !w.Growing() {
		t.Errorf("a wait cut short: %s, %v", w, err)
	}
	stop(errors.New("the spec timed out"))
	if w, err := stream.Wait(t.Context()); err == nil || err.Error() != "load test probe at 1000/s: stopped after 0 samples: the spec timed out" || w.N() != 0 {
		t.Errorf("got %s, %v", w, err)
	}
}

func TestStopWaitsForWhatIsInFlight(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	var began, ended atomic.Int32
	p := probeFunc(func(context.Context) (probe.Sample, error) {
		began.Add(1)
		time.Sleep(50 * time.Millisecond)
		ended.Add(1)
		return probe.Sample{Class: probe.OK}, nil
	})
	stream, err := probe.Start(t.Context(), p, 200, 0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(began.Load).WithTimeout(time.Minute).Should(BeNumerically(">=", 5))
	stream.Stop()
	if w, err := stream.Window(); began.Load() != ended.Load() || err != nil || !w.Final() || w.N() != int(began.Load()) {
		t.Errorf("stopped when %d of %d looks had ended: %s, %v", ended.Load(), began.Load(), w, err)
	}
}

func TestSamplesBehindOneThatNeverEndsAreInTheLastWindow(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	ctx, stop := context.WithCancelCause(t.Context())
	var looks, ended atomic.Int32
	p := probeFunc(func(ctx context.Context) (probe.Sample, error) {
		if looks.Add(1) == 5 {
			<-ctx.Done()
			return probe.Sample{}, context.Cause(ctx)
		}
		ended.Add(1)
		return probe.Sample{Class: probe.OK}, nil
	})
	stream, err := probe.Start(ctx, p, 200, 0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(ended.Load).WithTimeout(time.Minute).Should(BeNumerically(">=", 20))
	stop(errors.New("the spec timed out"))
	if w, err := stream.Wait(t.Context()); err == nil || w.N() != int(ended.Load()) {
		t.Errorf("%d looks have ended: %s, %v", ended.Load(), w, err)
	}
}

func TestAStreamsRecordHasWhatWasJudgedOfItsWindows(t *testing.T) {
	stream, err := probe.Start(t.Context(), quick, 500, 0, probe.Labelled("checkout keeps selling", "delay 300ms on db"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := stream.Window()
	if err != nil {
		t.Fatal(err)
	}
	w.Judged("M", "o", judged(record.Judgement{Outcome: record.Kept}))
	stream.Stop()
	encoded, err := json.Marshal(stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, live := range []any{stream, nil} {
		r, err := record.Decode[record.Window](live, map[bool]string{false: string(encoded)}[live != nil])
		whole, _ := stream.Window()
		if err != nil || r.Count != whole.N() || r.Spec != "checkout keeps selling" || len(r.Faults) != 1 || len(r.Judgements) != 1 || r.Judgements[0].Outcome != record.Kept {
			t.Errorf("record %+v, %v", r, err)
		}
	}
	if got := stream.String(); got != mustWindow(t, stream).String() {
		t.Errorf("the stream is %s", got)
	}
}

func mustWindow(t *testing.T, s *probe.Stream[*probe.Window]) *probe.Window {
	t.Helper()
	w, err := s.Window()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestStartRefusesAbsurdLoads(t *testing.T) {
	for want, start := range map[string]func() (*probe.Stream[*probe.Window], error){
		"load: test probe for -1s: the duration must be above 0":                func() (*probe.Stream[*probe.Window], error) { return probe.Start(t.Context(), quick, 1, -time.Second) },
		"load: test probe at 0/s: the rate must be above 0 and at most 10000/s": func() (*probe.Stream[*probe.Window], error) { return probe.Start(t.Context(), quick, 0, 0) },
		`load: no probe: write probe.HTTP(service, "8080/tcp", "/")`:            func() (*probe.Stream[*probe.Window], error) { return probe.Start(t.Context(), probe.Probe(nil), 1, 0) },
		"load: test probe: progress every -1s: must be above 0": func() (*probe.Stream[*probe.Window], error) {
			return probe.Start(t.Context(), quick, 1, 0, probe.Progress(-time.Second, func(record.Window) {}))
		},
		"load: test probe at 10000/s for 1h0m0s: 36000000 samples, at most 1000000 are kept: use a lower rate or a shorter time": func() (*probe.Stream[*probe.Window], error) {
			return probe.Start(t.Context(), quick, 10_000, time.Hour)
		},
	} {
		if s, err := start(); err == nil || err.Error() != want {
			t.Errorf("got %v and error\n  %v, want\n  %s", s, err, want)
		}
	}
}
