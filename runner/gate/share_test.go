package gate

import (
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

func at(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }

// underOneFault is a suite whose BeforeSuite injects on process 1, and whose last node
// reverts. The spec "other" ran on process 2, which does not know of the fault.
func underOneFault(final record.Injection) []Spec {
	soFar := record.Injection{ID: "i-1", Fault: "delay 300ms", Target: "db", Start: at(1)}
	final.ID, final.Fault, final.Target, final.Start, final.End = soFar.ID, soFar.Fault, soFar.Target, soFar.Start, at(9)
	window := []record.Window{{Start: at(3), End: at(4), Count: 10}}
	return []Spec{
		{Node: "SynchronizedBeforeSuite", State: "passed", Started: at(0), Ended: at(2), Injections: []record.Injection{soFar}},
		{Node: "It", Text: "knows it", State: "passed", Started: at(2), Ended: at(5), Injections: []record.Injection{soFar}, Windows: window},
		{Node: "It", Text: "other", State: "passed", Started: at(2), Ended: at(5), Windows: window, Process: 2},
		{Node: "It", Text: "later", State: "passed", Started: at(10), Ended: at(11)},
		{Node: "It", Text: "left out", State: "skipped"},
		{Node: "DeferCleanup (Suite)", State: "passed", Started: at(9), Ended: at(10), Injections: []record.Injection{final}},
	}
}

func TestAFaultOfTheSuiteCountsInEverySpecUnderIt(t *testing.T) {
	specs := underOneFault(record.Injection{Reverted: true, Evidence: record.Evidence{Effective: true, Summary: "9 packets"}})
	specs = ShareInjections(specs)
	if len(specs) != 4 {
		t.Errorf("there are %d specs; the nodes outside them say nothing more", len(specs))
	}
	for text, want := range map[string]int{"knows it": 1, "other": 1, "later": 0, "left out": 0} {
		for _, s := range specs {
			if s.Text != text {
				continue
			}
			if len(s.Injections) != want {
				t.Errorf("%s has %d injections, want %d", text, len(s.Injections), want)
			}
			for _, w := range s.Windows {
				if len(w.Faults) != 1 || w.Faults[0] != "delay 300ms on db" {
					t.Errorf("the window of %s has the faults %q", text, w.Faults)
				}
			}
		}
	}
	r := Record{Runs: []Run{{Specs: specs}}}
	JudgeSpecs(r.Runs)
	r.Decide()
	if want := "3 specs passed with 1 injection"; r.Words != want {
		t.Errorf("%s, want %s", r.Words, want)
	}
}

// The final evidence comes after the last spec, and decides.
func TestTheFinalEvidenceOfASuitesFaultDecides(t *testing.T) {
	for name, final := range map[string]record.Injection{
		"it touched nothing": {Reverted: true, Evidence: record.Evidence{Summary: "no packet matched"}},
		"the revert failed":  {Error: "qdisc still there", Evidence: record.Evidence{Effective: true}},
		"it had a gap":       {Reverted: true, Evidence: record.Evidence{Effective: true, Gaps: []record.Gap{{From: time.Second, Text: "eth0 is gone"}}}},
	} {
		specs := ShareInjections(underOneFault(final))
		for _, s := range specs {
			finding := JudgeSpec(s)
			if want := map[bool]Verdict{true: ToolFailure, false: Pass}[len(s.Injections) > 0]; s.State == "passed" && finding.Verdict != want {
				t.Errorf("%s: %s%s: %s, want %s: %s", name, s.Node, s.Text, finding.Verdict, want, finding.Reason)
			}
		}
	}
}

// The spec in which a BeforeAll ran has the record. The others ran in the same process.
func TestAFaultOfAnOrderedContainerIsInAllItsSpecs(t *testing.T) {
	fault := record.Injection{ID: "i-1", Fault: "delay 300ms", Target: "db", Start: at(1), End: at(6), Reverted: true, Evidence: record.Evidence{Effective: true}}
	specs := ShareInjections([]Spec{
		{Node: "It", Text: "first", Process: 1, Started: at(0), Ended: at(2), Injections: []record.Injection{fault}},
		{Node: "It", Text: "second", Process: 1, Started: at(3), Ended: at(4)},
		{Node: "It", Text: "second", Process: 1, Started: at(5), Ended: at(6), Windows: []record.Window{{Start: at(5), End: at(6)}}},
		{Node: "It", Text: "elsewhere", Process: 2, Started: at(3), Ended: at(4)},
		{Node: "It", Text: "later", Process: 1, Started: at(7), Ended: at(8)},
	})
	for n, want := range []int{1, 1, 1, 0, 0} {
		if got := len(specs[n].Injections); got != want {
			t.Errorf("spec %d has %d injections, want %d", n, got, want)
		}
	}
	if faults := specs[2].Windows[0].Faults; len(faults) != 1 {
		t.Errorf("the window has the faults %q", faults)
	}
}

func TestAWindowOfAnOrderedContainerIsComparedOnceAndWhole(t *testing.T) {
	window := func(n int) []record.Window {
		return []record.Window{{Spec: "first", Probe: "GET /", Number: 1, Start: at(1), End: at(1 + n), Count: n}}
	}
	specs := ShareInjections([]Spec{
		{Suite: "shop", Node: "It", Text: "first", Started: at(0), Ended: at(2), Windows: window(1), Finding: Finding{Verdict: Pass}},
		{Suite: "shop", Node: "It", Text: "second", Started: at(3), Ended: at(4), Windows: window(3), Finding: Finding{Verdict: Pass}},
	})
	run := Summarise(Run{Specs: specs}, baseline.Environment{})
	if len(run.Windows) != 1 || run.Windows[0].Spec != "first" || run.Windows[0].Count != 3 {
		t.Errorf("%+v", run.Windows)
	}
}

func TestAFaultOfTheSuiteUnderWhichNoSpecRanIsJudged(t *testing.T) {
	all := underOneFault(record.Injection{Reverted: true, Evidence: record.Evidence{Summary: "no packet matched"}})
	specs := ShareInjections([]Spec{all[0], all[3], all[5]})
	if len(specs) != 3 || JudgeSpec(specs[0]).Verdict != ToolFailure {
		t.Errorf("%v", specs)
	}
}

func TestNodesOutsideSpecsAreNotCompared(t *testing.T) {
	window := []record.Window{{Probe: "GET /", Count: 10}}
	run := Run{Specs: []Spec{
		{Suite: "shop", Text: "[BeforeSuite]", Node: "BeforeSuite", Windows: window, Finding: Finding{Verdict: Pass}},
		{Suite: "shop", Text: "[BeforeSuite]", Node: "BeforeSuite", Windows: window, Finding: Finding{Verdict: Pass}},
	}}
	if shared := SharedNames(run); len(shared) > 0 {
		t.Errorf("%q share a name, and that is nothing to fix", shared)
	}
}
