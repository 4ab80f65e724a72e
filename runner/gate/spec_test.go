package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

var (
	violated  = record.Judgement{ID: "j-v", Outcome: record.Violated, Text: "12 of 100 failed", Alpha: .01, LogE: 7}
	undecided = record.Judgement{ID: "j-u", Outcome: record.Undecided, Text: "9 do not show it"}
	kept      = record.Judgement{ID: "j-k", Outcome: record.Kept, Text: "1 of 500 failed"}
	tool      = record.Failure{ID: "f-t", Cause: record.ToolFailure, Text: "revert: device busy"}
	guard     = record.Failure{ID: "f-g", Cause: record.StoppedByGuard, Text: "error budget spent"}
)

// failedBy is the message of a failed judgement. The gate must read only its mark.
func failedBy(j record.Judgement) string {
	return record.Mark("Expected\n    this\nbut that", j.ID, j.Outcome)
}

func judged(js ...record.Judgement) []record.Window {
	return []record.Window{{Probe: "GET /", Judgements: js}}
}

// idle is the judgement on an injection that touched nothing.
var idle = record.Judgement{ID: "j-i", Outcome: record.ToolFailed, Text: "0 packets"}

func injection(j record.Judgement, e record.Evidence) []record.Injection {
	all := delay(e)
	all[0].Judgements = []record.Judgement{j}
	return all
}

func delay(e record.Evidence) []record.Injection {
	return []record.Injection{{Fault: "delay 300ms", Target: "db", Reverted: true, Evidence: e}}
}

func TestJudgeSpec(t *testing.T) {
	for name, c := range map[string]struct {
		spec   Spec
		want   Verdict
		reason string // a part of the reason
		also   string // a part of what else was found
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
			ToolFailure,
			"passed, but delay 300ms on db: the fault did not have the effect that it names, so nothing was shown: 0 packets", "",
		},
		"a pass under a fault whose final evidence has not arrived": {
			Spec{State: "passed", Injections: []record.Injection{{Fault: "delay 300ms", Target: "db"}}}, Pass, "", "",
		},
		"a pass under a lapsed lease": {
			Spec{State: "passed", Injections: delay(record.Evidence{Effective: true, LeaseLapsed: true})}, ToolFailure, "passed, but delay 300ms on db: the fault ended by itself", "",
		},
		"a pass under a fault that was spoilt": {
			Spec{State: "passed", Injections: delay(record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills"})}, Inconclusive, "2 out-of-memory kills", "",
		},
		"a pass under a fault by which the target died": {
			Spec{State: "passed", Injections: append(delay(record.Evidence{TargetDied: true}), delay(record.Evidence{})...)}, Regression, "the container ended", "",
		},
		"a pass with an injection that failed": {
			Spec{State: "passed", Injections: []record.Injection{{Fault: "delay 300ms", Target: "db", Error: "device busy"}}}, ToolFailure, "device busy", "",
		},
		"a pass at the second attempt": {Spec{State: "passed", Attempts: 2}, Pass, "", "passed only at attempt 2"},
		"skipped":                      {Spec{State: "skipped", Message: "no kernel"}, "", "no kernel", ""},
		"pending":                      {Spec{State: "pending"}, "", "", ""},
		"interrupted":                  {Spec{State: "interrupted", Message: "by user"}, ToolFailure, "interrupted before it was decided: by user", ""},

		"failed by a violated judgement": {
			Spec{State: "failed", Message: failedBy(violated), Windows: judged(violated)},
			Regression,
			"12 of 100 failed; a service that keeps the objective looks like this at most once in 1097 runs (alpha 1 %)", "",
		},
		"failed by the tool": {
			Spec{State: "failed", Message: tool.Message(), Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed by the tool after a violation that was expected": {
			Spec{State: "failed", Message: tool.Message(), Windows: judged(violated), Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed by a violation, and by the tool while cleaning up": {
			Spec{State: "failed", Message: failedBy(violated), Windows: judged(violated), Failures: []record.Failure{tool}},
			Regression,
			"12 of 100 failed", "a failure of the tool: revert: device busy",
		},
		"failed by a violation while the lease had lapsed": {
			Spec{State: "failed", Message: failedBy(violated), Windows: judged(violated), Injections: delay(record.Evidence{Effective: true, LeaseLapsed: true})},
			ToolFailure, "proves nothing", "12 of 100 failed",
		},
		"failed by a violation under a fault by which the target died while the lease lapsed": {
			Spec{State: "failed", Message: failedBy(violated), Windows: judged(violated), Injections: delay(record.Evidence{TargetDied: true, LeaseLapsed: true})},
			Regression, "12 of 100 failed", "",
		},
		"failed for its own reason, and by the tool while cleaning up": {
			Spec{State: "failed", Message: "Expected 503 to equal 200", Others: []string{tool.Message()}, Failures: []record.Failure{tool}},
			Regression,
			"Expected 503 to equal 200", "a failure of the tool: revert: device busy",
		},
		"failed by a violation under a fault that touched nothing": {
			Spec{State: "failed", Message: failedBy(violated), Windows: judged(violated), Injections: delay(record.Evidence{})}, Regression, "12 of 100 failed", "",
		},
		"stopped by a guard": {
			Spec{State: "failed", Message: guard.Message(), Windows: judged(violated), Failures: []record.Failure{guard}}, StoppedByGuard, "error budget spent", "",
		},
		"stopped by a guard, in words of the spec's own": {
			Spec{State: "failed", Message: "context canceled", Windows: judged(violated), Failures: []record.Failure{guard}}, StoppedByGuard, "error budget spent", "",
		},
		"stopped by a guard, and then failed by the tool": {
			Spec{State: "failed", Message: guard.Message(), Others: []string{tool.Message()}, Failures: []record.Failure{tool, guard}}, StoppedByGuard, "error budget spent", "revert: device busy",
		},
		"failed with a recorded failure that no message names": {
			Spec{State: "failed", Message: "no", Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed undecided": {
			Spec{State: "failed", Message: failedBy(undecided), Windows: judged(kept, undecided)}, Inconclusive, "9 do not show it", "",
		},
		"failed undecided, and looked at again": {
			Spec{State: "failed", Message: "Timed out after 1s.\n" + failedBy(undecided), Windows: judged(record.Judgement{ID: undecided.ID, Outcome: record.Kept, Text: "0 of 500 failed"})},
			Inconclusive, "Timed out after 1s: GET /: Expected this but that", "",
		},
		"failed undecided by a judgement that is in no record": {
			Spec{State: "failed", Message: failedBy(undecided)}, Inconclusive, "Expected this but that", "",
		},
		"timed out while it was undecided": {
			Spec{State: "timedout", Message: "A spec timeout occurred", Windows: judged(undecided)}, Inconclusive, "A spec timeout occurred: GET /: 9 do not show it", "",
		},
		"timed out after it was kept": {
			Spec{State: "timedout", Message: "A spec timeout occurred", Windows: judged(undecided, kept)}, Regression, "A spec timeout occurred", "",
		},
		"timed out with what it was waiting for": {
			Spec{State: "timedout", Message: "A spec timeout occurred\n" + failedBy(violated), Windows: judged(violated)}, Regression, "A spec timeout occurred: GET /: 12 of 100 failed", "",
		},
		"failed undecided after a violation that was expected": {
			Spec{State: "failed", Message: failedBy(undecided), Windows: judged(violated, undecided, violated)}, Inconclusive, "9 do not show it", "",
		},
		"failed undecided, with what Gomega quotes besides": {
			Spec{State: "failed", Message: failedBy(violated) + "\n" + failedBy(undecided), Windows: judged(violated, undecided)}, Inconclusive, "9 do not show it", "",
		},
		"failed undecided, and by the tool in what no message names": {
			Spec{State: "failed", Message: failedBy(undecided), Windows: judged(undecided), Failures: []record.Failure{tool}}, ToolFailure, "revert: device busy", "",
		},
		"failed undecided, and then by the tool": {
			Spec{State: "failed", Message: failedBy(undecided), Others: []string{tool.Message()}, Windows: judged(undecided), Failures: []record.Failure{tool}},
			Inconclusive, "9 do not show it", "revert: device busy",
		},
		"failed for another reason after it was undecided": {
			Spec{State: "failed", Message: "Expected 3 to equal 4", Windows: judged(undecided)}, Regression, "Expected 3 to equal 4", "",
		},
		"failed for another reason, in words that a judgement has": {
			Spec{State: "failed", Message: "undecided: 9 do not show it", Windows: judged(undecided)}, Regression, "undecided: 9 do not show it", "",
		},
		"failed before the suite after a violation that was expected": {
			Spec{State: "failed", Node: "BeforeSuite", Message: "no Docker", Windows: judged(violated)}, ToolFailure, "BeforeSuite failed", "",
		},
		"failed because an objective is kept that should not be": {
			Spec{State: "failed", Message: failedBy(kept), Windows: judged(violated, kept)},
			Regression, "the spec asks for the opposite of what was found: GET /: 1 of 500 failed", "",
		},
		"failed because an objective is kept that should not be, and by the tool while cleaning up": {
			Spec{State: "failed", Message: failedBy(kept), Windows: judged(kept), Failures: []record.Failure{tool}}, Regression, "1 of 500 failed", "revert: device busy",
		},
		"failed by a sample": {
			Spec{State: "failed", Message: failedBy(violated), Samples: []record.Samples{{Probe: "tcp db:5432", Judgements: []record.Judgement{{ID: violated.ID, Objective: "live", Outcome: record.Violated, Text: "refused"}}}}},
			Regression, "tcp db:5432: live: refused", "",
		},
		"failed because the fault did nothing": {
			Spec{State: "failed", Message: failedBy(idle), Injections: injection(idle, record.Evidence{})}, ToolFailure, "0 packets", "",
		},
		"failed because the fault did nothing, and then by the tool that says so": {
			Spec{State: "failed", Message: failedBy(idle), Others: []string{tool.Message()}, Failures: []record.Failure{tool}, Injections: injection(idle, record.Evidence{})},
			ToolFailure, "0 packets", "revert: device busy",
		},
		"failed because the fault had done nothing when it was asked": {
			Spec{State: "failed", Message: failedBy(idle), Injections: injection(record.Judgement{ID: idle.ID, Outcome: record.Kept, Text: "9 packets"}, record.Evidence{Effective: true})},
			ToolFailure, "Expected this but that", "",
		},
		"failed because the fault did what it should not": {
			Spec{State: "failed", Message: failedBy(kept), Injections: injection(kept, record.Evidence{Effective: true})},
			Regression, "the spec asks for the opposite of what was found: 1 of 500 failed", "",
		},
		"failed because the target died": {
			Spec{State: "failed", Message: failedBy(violated), Injections: injection(violated, record.Evidence{TargetDied: true})}, Regression, "12 of 100 failed", "",
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

func TestAFindingNamesTheProbeAndTheSpecsOwnWords(t *testing.T) {
	j := violated
	j.Objective = "error rate below 1 %"
	spec := Spec{State: "failed", Windows: []record.Window{{Probe: "GET /other", Judgements: []record.Judgement{kept}}, {Probe: "GET /items", Judgements: []record.Judgement{j}}}}
	for message, want := range map[string]string{
		failedBy(j):                              "GET /items: error rate below 1 %: 12 of 100 failed; ",
		"reads are served stale\n" + failedBy(j): "reads are served stale: GET /items: error rate below 1 %: 12 of 100 failed; ",
		"Timed out after 1.002s.\nreads are\nstale:\n" + failedBy(j): "Timed out after 1.002s. reads are stale: GET /items: ",
		strings.Repeat("word ", 100) + "\n" + failedBy(j):            strings.Repeat("word ", 39) + "word…: GET /items: ",
		"stale\n" + record.Mark("like that", kept.ID, record.Kept):   "stale: the spec asks for the opposite of what was found: GET /other: 1 of 500 failed",
	} {
		spec.Message = message
		if f := JudgeSpec(spec); f.Verdict != Regression || !strings.HasPrefix(f.Reason, want) {
			t.Errorf("%s: %s\nwant %s", f.Verdict, f.Reason, want)
		}
	}
	spec.Message = "stale\n" + failedBy(j)
	if f := JudgeSpec(spec); f.Probe != "GET /items" || f.Annotation != "stale" || f.Judgement == nil || f.Judgement.ID != j.ID {
		t.Errorf("finding %+v", f)
	}
}

func TestAJudgementOnAPartOfAWindowNamesItsSpan(t *testing.T) {
	part := record.Judgement{ID: "j-p", Outcome: record.Violated, Objective: "error rate below 1 %", Part: &record.Part{From: time.Second, To: 3 * time.Second}, Text: "12 of 100 failed"}
	f := JudgeSpec(Spec{State: "failed", Message: failedBy(part), Windows: judged(part, undecided)})
	if want := "GET /: error rate below 1 % from 1s to 3s: 12 of 100 failed"; f.Verdict != Regression || f.Reason != want {
		t.Errorf("%s: %s, want %s", f.Verdict, f.Reason, want)
	}
}

func TestCertaintyIsReportedWhereItIsKnown(t *testing.T) {
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
		got := certainty(record.Judgement{Alpha: record.Float(c.alpha), LogE: record.Float(c.logE)})
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("alpha %v, log e %v: %q, want %q", c.alpha, c.logE, got, c.want)
		}
	}
}
