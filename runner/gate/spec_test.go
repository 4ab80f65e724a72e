package gate

import (
	"math"
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

var (
	violated  = record.Judgement{Outcome: record.Violated, Text: "12 of 100 failed", Alpha: .01, LogE: 7}
	undecided = record.Judgement{Outcome: record.Undecided, Text: "9 do not show it"}
	kept      = record.Judgement{Outcome: record.Kept, Text: "1 of 500 failed"}
	tool      = record.Failure{Cause: record.ToolFailure, Text: "revert: device busy"}
	guard     = record.Failure{Cause: record.StoppedByGuard, Text: "error budget spent"}
)

func judged(js ...record.Judgement) []record.Window { return []record.Window{{Judgements: js}} }

func delay(e record.Evidence) []record.Injection {
	return []record.Injection{{Fault: "delay 300ms", Target: "db", Reverted: true, Evidence: e}}
}

func TestJudgeSpec(t *testing.T) {
	for name, c := range map[string]struct {
		spec   Spec
		want   Verdict
		reason string // a part of it
		also   string // a part of what was found besides
	}{
		"a pass without records": {Spec{State: "passed"}, Pass, "", ""},
		"a pass that was judged": {Spec{State: "passed", Windows: judged(kept)}, Pass, "1 of 500 failed", ""},
		"a pass in spite of a violation that was expected": {
			Spec{State: "passed", Windows: judged(violated, kept)}, Pass, "1 of 500 failed", "",
		},
		"a pass under a fault that touched something": {
			Spec{State: "passed", Injections: delay(record.Evidence{Effective: true, Summary: "9 packets"})}, Pass, "9 packets", "",
		},
		"a pass under a fault that touched nothing": {
			Spec{State: "passed", Injections: delay(record.Evidence{Summary: "0 packets"})},
			Inconclusive,
			"passed, but delay 300ms on db touched nothing (0 packets): the pass proves nothing", "",
		},
		"a pass under a fault whose final evidence is not in": {
			Spec{State: "passed", Injections: []record.Injection{{Fault: "delay 300ms", Target: "db"}}}, Pass, "", "",
		},
		"a pass under a lapsed lease": {
			Spec{State: "passed", Injections: delay(record.Evidence{Effective: true, LeaseLapsed: true})}, Inconclusive, "ended by itself", "",
		},
		"a pass with an injection that failed": {
			Spec{State: "passed", Injections: []record.Injection{{Fault: "delay 300ms", Target: "db", Error: "device busy"}}}, ToolFailure, "device busy", "",
		},
		"a pass at the second attempt": {Spec{State: "passed", Attempts: 2}, Pass, "", "passed only at attempt 2"},
		"skipped":                      {Spec{State: "skipped", Message: "no kernel"}, "", "no kernel", ""},
		"pending":                      {Spec{State: "pending"}, "", "", ""},
		"interrupted":                  {Spec{State: "interrupted", Message: "by user"}, ToolFailure, "interrupted before it was decided: by user", ""},

		"failed by a violated judgement": {
			Spec{State: "failed", Message: "Expected 12 of 100 failed", Windows: judged(violated)},
			Regression,
			"12 of 100 failed; a service that keeps the objective looks like this at most once in 1097 runs (alpha 1 %)", "",
		},
		"failed by the tool": {
			Spec{State: "failed", Message: "revert: device busy", Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed by the tool after a violation that was expected": {
			Spec{State: "failed", Message: "revert: device busy", Windows: judged(violated), Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed by a violation, and by the tool while cleaning up": {
			Spec{State: "failed", Message: "12 of 100 failed", Windows: judged(violated), Failures: []record.Failure{tool}},
			Regression,
			"12 of 100 failed", "and a failure of the tool: revert: device busy",
		},
		"failed by a violation while the lease had lapsed": {
			Spec{State: "failed", Message: "12 of 100 failed", Windows: judged(violated), Injections: delay(record.Evidence{Effective: true, LeaseLapsed: true})},
			ToolFailure, "proves nothing", "12 of 100 failed",
		},
		"failed for its own reason, and by the tool while cleaning up": {
			Spec{State: "failed", Message: "Expected 503 to equal 200", Others: []string{"revert: device busy"}, Failures: []record.Failure{tool}},
			Regression,
			"Expected 503 to equal 200", "and a failure of the tool: revert: device busy",
		},
		"failed by a violation under a fault that touched nothing": {
			Spec{State: "failed", Message: "12 of 100 failed", Windows: judged(violated), Injections: delay(record.Evidence{})}, Regression, "12 of 100 failed", "",
		},
		"stopped by a guard": {
			Spec{State: "failed", Message: "error budget spent", Windows: judged(violated), Failures: []record.Failure{guard}}, StoppedByGuard, "error budget spent", "",
		},
		"stopped by a guard, and then failed by the tool": {
			Spec{State: "failed", Message: "error budget spent", Failures: []record.Failure{tool, guard}}, StoppedByGuard, "error budget spent", "revert: device busy",
		},
		"failed with a noted failure that the message does not quote": {
			Spec{State: "failed", Message: "no", Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed undecided": {
			Spec{State: "failed", Message: "9 do not show it (GET /)", Windows: judged(kept, undecided)}, Inconclusive, "9 do not show it", "",
		},
		"failed undecided, and looked at again": {
			Spec{State: "failed", Message: "Timed out after 1s.\nundecided: 0 of 5 samples failed (GET /)", Windows: judged(kept)},
			Inconclusive, "Timed out after 1s. undecided: 0 of 5 samples failed (GET /)", "",
		},
		"timed out while it was undecided": {
			Spec{State: "timedout", Message: "A spec timeout occurred", Windows: judged(undecided)}, Inconclusive, "A spec timeout occurred", "",
		},
		"timed out after it was kept": {
			Spec{State: "timedout", Message: "A spec timeout occurred", Windows: judged(undecided, kept)}, Regression, "A spec timeout occurred", "",
		},
		"failed undecided after a violation that was expected": {
			Spec{State: "failed", Message: "9 do not show it", Windows: judged(violated, undecided, violated)}, Inconclusive, "9 do not show it", "",
		},
		"failed undecided, in words that quote a violation that was expected": {
			Spec{State: "failed", Message: "9 do not show it; 12 of 100 failed", Windows: judged(record.Judgement{Outcome: record.Undecided, Text: "9 do not show it; 12 of 100 failed"}, violated)},
			Inconclusive, "9 do not show it; 12 of 100 failed", "",
		},
		"failed undecided, and by the tool in what no message quotes": {
			Spec{State: "failed", Message: "9 do not show it", Windows: judged(undecided), Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed for another reason after it was undecided": {
			Spec{State: "failed", Message: "Expected 3 to equal 4", Windows: judged(undecided)}, Regression, "Expected 3 to equal 4", "",
		},
		"failed for another reason after a violation that was expected": {
			Spec{State: "failed", Message: "Expected 3 to equal 4", Windows: judged(violated)}, Regression, "Expected 3 to equal 4", "",
		},
		"failed because the fault did nothing, after a violation that was expected": {
			Spec{State: "failed", Message: "but 0 packets", Windows: judged(violated), Injections: delay(record.Evidence{Summary: "0 packets"})},
			Inconclusive, "did not do what it says", "",
		},
		"failed before the suite after a violation that was expected": {
			Spec{State: "failed", Node: "BeforeSuite", Message: "no Docker", Windows: judged(violated)}, ToolFailure, "BeforeSuite failed", "",
		},
		"failed by what is kept and should not be": {
			Spec{State: "failed", Message: "not to keep it\nbut 1 of 500 failed", Windows: judged(violated, kept)},
			Regression, "the spec asks for the opposite of what was found: 1 of 500 failed", "",
		},
		"failed by what is kept and should not be, and by the tool while cleaning up": {
			Spec{State: "failed", Message: "but 1 of 500 failed", Windows: judged(kept), Failures: []record.Failure{tool}}, Regression, "1 of 500 failed", "revert: device busy",
		},
		"failed because the fault did nothing": {
			Spec{State: "failed", Message: "Expected\n  0 packets\nto have taken effect", Injections: delay(record.Evidence{Summary: "0 packets"})},
			Inconclusive, "delay 300ms on db did not do what it says (0 packets)", "",
		},
		"failed because the fault did nothing, which the tool noted as its failure when it cleaned up": {
			Spec{State: "failed", Message: "but 0 packets", Others: []string{"revert: device busy"}, Failures: []record.Failure{tool}, Injections: delay(record.Evidence{Summary: "0 packets"})},
			ToolFailure, "did not do what it says", "revert: device busy",
		},
		"failed because the fault had done nothing when it was asked": {
			Spec{State: "failed", Message: "Expected\n    delay 300ms on db\nto have taken effect\nbut 0 packets", Injections: delay(record.Evidence{Effective: true, Summary: "9 packets"})},
			Inconclusive, "did not do what it says", "",
		},
		"failed because the fault did too little, by evidence that has gone on": {
			Spec{State: "failed", Message: "Expected\n    delay 300ms on db\nto have taken effect\nbut 43 %", Injections: delay(record.Evidence{Summary: "44 %"})},
			Inconclusive, "did not do what it says (44 %)", "",
		},
		"failed because the fault did what it should not": {
			Spec{State: "failed", Message: "Expected\n    delay 300ms on db\nnot to have taken effect\nbut 9 packets", Injections: delay(record.Evidence{Effective: true, Summary: "9 packets"})},
			Regression, "not to have taken effect", "",
		},
		"failed because the target died": {
			Spec{State: "failed", Message: "db ended: exit code 137", Injections: delay(record.Evidence{Summary: "exit code 137", TargetDied: true})}, Regression, "exit code 137", "",
		},
		"failed without a record": {Spec{State: "failed", Message: "Expected\n    <int>: 1\nto equal 2"}, Regression, "Expected <int>: 1 to equal 2", ""},
		"panicked":                {Spec{State: "panicked", Message: "Test Panicked: nil map"}, Regression, "nil map", ""},
		"timed out":               {Spec{State: "timedout", Message: "A spec timeout occurred"}, Regression, "timeout", ""},
		"failed in silence":       {Spec{State: "failed"}, Regression, "the spec failed without a message", ""},
		"before the suite": {
			Spec{State: "failed", Node: "BeforeSuite", Message: "no Docker"}, ToolFailure, "BeforeSuite failed, so no spec of the suite ran: no Docker", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := JudgeSpec(c.spec)
			if f.Verdict != c.want {
				t.Errorf("verdict %q (%s), want %q", f.Verdict, f.Reason, c.want)
			}
			if !strings.Contains(f.Reason, c.reason) {
				t.Errorf("reason %q, want %q in it", f.Reason, c.reason)
			}
			if also := strings.Join(f.Also, "\n"); !strings.Contains(also, c.also) || (c.also == "" && also != "") {
				t.Errorf("also %q, want %q in it", also, c.also)
			}
		})
	}
}

func TestTheQuotedJudgementIsTheOneThatFailed(t *testing.T) {
	early := violated
	early.Text = "p99 is 2s"
	f := JudgeSpec(Spec{State: "failed", Message: "p99 is 2s, above 1s", Windows: judged(early, violated)})
	if f.Verdict != Regression || f.Judgement == nil || f.Judgement.Text != "p99 is 2s" {
		t.Errorf("judgement %v, want the one that the message quotes", f.Judgement)
	}
}

func TestAPartOfAWindowIsQuotedWithoutItsSpan(t *testing.T) {
	for objective, text := range map[string]string{
		"error rate below 1 % from 1s on":            "12 of 100 failed (from 1s to 3s)",
		"error rate below 1 % from 1s on from 2s on": "12 of 100 failed (from 1s to 3s) (from 2s to 6s)",
	} {
		part := record.Judgement{Outcome: record.Violated, Objective: objective, Text: text}
		f := JudgeSpec(Spec{State: "failed", Message: "Expected\nbut 12 of 100 failed\ne-value 80", Windows: judged(part, undecided)})
		if want := objective + ": " + text; f.Verdict != Regression || f.Reason != want {
			t.Errorf("%s: %s, want %s", f.Verdict, f.Reason, want)
		}
	}
}

func TestSureSaysNothingItDoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		alpha, logE float64
		want        string
	}{
		{.01, 7, "at most once in 1097 runs (alpha 1 %)"},
		{.05, 12, "at most once in 162,754 runs (alpha 5 %)"},
		{.05, 16, "at most once in 9 million runs"},
		{.05, 23, "at most once in 10 thousand million runs"},
		{.05, 100, "at most once in 10^15 runs"},
		{.05, 5000, "at most once in 10^15 runs"},
		{.05, math.NaN(), ""},
		{.05, math.Inf(1), ""},
		{math.NaN(), 7, ""},
		{0, 7, ""},
	} {
		got := sure(record.Judgement{Text: "slow", Alpha: record.Float(c.alpha), LogE: record.Float(c.logE)})
		if c.want == "" && got != "slow" || !strings.Contains(got, c.want) {
			t.Errorf("alpha %v, log e %v: %q, want %q", c.alpha, c.logE, got, c.want)
		}
	}
}
