package matchers_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

// lateBy is a sample that this machine started late, of a service that is quick.
func lateBy(d time.Duration) func(*probe.Sample) {
	return func(s *probe.Sample) { s.Lag = d }
}

// The service answers in 12 ms. That this machine sends 30 of 250 requests late is no fault of it.
func TestTheGeneratorsLatenessIsNeverAViolation(t *testing.T) {
	usual := window(250, nil)
	random := rand.New(rand.NewPCG(1, 9))
	for name, places := range map[string][]int{"in one stall": from(100, 30), "at the start": upTo(30), "by chance": random.Perm(250)[:30]} {
		late := window(250, lateBy(800*time.Millisecond), places...)
		for what, matcher := range map[string]types.GomegaMatcher{
			"latency": KeepLatencyBelow(100*time.Millisecond, P99), "a longer limit": KeepLatencyBelow(4*time.Second, P99),
			"errors": KeepErrorRateBelow(1 * Percent), "control": MatchControl(usual), "as the control": MatchControl(late),
		} {
			w := late
			if what == "as the control" {
				w = usual
			}
			if ok, err := matcher.Match(w); !ok && err == nil {
				t.Errorf("%s, %s: violated\n%s", name, what, matcher.FailureMessage(w))
			}
		}
	}
}

func TestAnOverloadedMachineIsAFailureOfTheTool(t *testing.T) {
	usual := window(250, nil)
	late := window(250, lateBy(800*time.Millisecond), from(100, 30)...)
	want := "this machine is overloaded: the load generator started 30 of 250 samples more than 100ms late, at worst 800ms, so the service was not measured: use a lower rate, or a machine with more processors (" + checkout + ")"
	for _, c := range []struct {
		matcher types.GomegaMatcher
		w       *probe.Window
	}{{KeepLatencyBelow(100*time.Millisecond, P99), late}, {MatchControl(usual), late}, {MatchControl(late), usual}} {
		ok, err := c.matcher.Match(c.w)
		if ok || err == nil || unmarked(err) != want {
			t.Errorf("%v, %v\nwant %s", ok, err, want)
			continue
		}
		if _, marks := record.Marks(err.Error()); len(marks) != 1 || marks[0].Outcome != record.ToolFailed {
			t.Errorf("marks %+v", marks)
		}
		if j := c.w.Record().Judgements; j[len(j)-1].Outcome != record.ToolFailed {
			t.Errorf("judgements %+v", j)
		}
	}
	// A few late ones do not count, and the rest is evidence.
	few := window(250, func(s *probe.Sample) { s.Lag, s.Latency = 800*time.Millisecond, time.Second }, from(100, 12)...)
	matcher := KeepLatencyBelow(100*time.Millisecond, P99)
	if ok, err := matcher.Match(few); !ok || err != nil {
		t.Errorf("few late: %v, %v", ok, err)
	}
	if text := matcher.NegatedFailureMessage(few); !strings.Contains(text, "\nbut 0 of 238 samples took longer than 100ms or failed (0 %, allowed 1 %), p99 1s, and 12 started more than 100ms late, which is no evidence; with 95 %") {
		t.Error(text)
	}
	// The service's own slowness counts as ever.
	slow := window(250, taking(800*time.Millisecond), upTo(250)...)
	if ok, err := matcher.Match(slow); ok || err != nil {
		t.Errorf("slow: %v, %v", ok, err)
	}
	if r := late.Record(); r.Late != 30 || r.Lag != .8 || usual.Record().Late != 0 || usual.Record().Lag != 0 {
		t.Errorf("%d late, by %v", r.Late, r.Lag)
	}
}
