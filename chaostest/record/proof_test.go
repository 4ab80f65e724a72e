package record_test

import (
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestProofJudgesTheEvidence(t *testing.T) {
	const on = "delay 300ms on db, ingress from shop: "
	for name, c := range map[string]struct {
		evidence record.Evidence
		proof    record.Proof
		outcome  record.Outcome
		words    string
	}{
		"effective": {record.Evidence{Effective: true, Summary: "9 packets"}, record.Proven, record.Kept, on + "9 packets"},
		"touched nothing": {
			record.Evidence{Summary: "no packet matched"},
			record.TouchedNothing, record.ToolFailed,
			on + "the fault did not have the effect that it names, so nothing was shown: no packet matched",
		},
		"lapsed": {
			record.Evidence{Effective: true, LeaseLapsed: true, Summary: "9 packets"},
			record.LeaseLapsed, record.ToolFailed,
			on + "the fault ended by itself before it was reverted, because its lease was not renewed: what was measured meanwhile proves nothing: 9 packets",
		},
		"lapsed before it touched anything": {record.Evidence{LeaseLapsed: true, Spoilt: "2 out-of-memory kills"}, record.LeaseLapsed, record.ToolFailed, ""},
		"spoilt": {
			record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills", Summary: "10 MiB held"},
			record.Spoilt, record.Undecided,
			on + "it is not known what came of the fault: 2 out-of-memory kills: 10 MiB held",
		},
		"spoilt before it touched anything": {record.Evidence{Spoilt: "2 out-of-memory kills"}, record.Spoilt, record.Undecided, ""},
		"died": {
			record.Evidence{Effective: true, TargetDied: true, LeaseLapsed: true, Spoilt: "an out-of-memory kill", Summary: "9 packets"},
			record.TargetDied, record.Violated,
			on + "the container ended under the fault: 9 packets",
		},
		"starved": {
			record.Evidence{Effective: true, LeaseLapsed: true, Starved: "the agent got no processor time for 2 s", Gaps: []record.Gap{{Text: "x"}}, Summary: "9 packets"},
			record.Starved, record.Undecided,
			on + "the fault ended by itself before it was reverted, because the machine is overloaded: the agent got no processor time for 2 s: what was measured meanwhile proves nothing: 9 packets",
		},
		"interrupted": {
			record.Evidence{Effective: true, Gaps: []record.Gap{
				{From: time.Second, To: 2 * time.Second, Expected: true, Text: "db was restarted"},
				{From: 2500 * time.Millisecond, Text: "the filter of eth0 is gone"},
			}, Summary: "9 packets"},
			record.Interrupted, record.ToolFailed,
			on + "the fault was not in force all the time, so what was measured proves nothing: from 2.5 s on: the filter of eth0 is gone: 9 packets",
		},
		"interrupted as expected": {
			record.Evidence{Effective: true, Gaps: []record.Gap{{From: time.Second, To: 1100 * time.Millisecond, Expected: true, Text: "db was restarted"}}},
			record.Proven, record.Kept, "",
		},
		"died before it was touched": {record.Evidence{TargetDied: true}, record.TargetDied, record.Violated, ""},
	} {
		i := record.Injection{Fault: "delay 300ms", Target: "db", Filter: "ingress from shop", Evidence: c.evidence}
		proof, words := i.Proof()
		if proof != c.proof || proof.Outcome() != c.outcome || c.words != "" && words != c.words {
			t.Errorf("%s: %s, %s: %s\nwant %s, %s: %s", name, proof, proof.Outcome(), words, c.proof, c.outcome, c.words)
		}
	}
}
