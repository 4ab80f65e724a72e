package record_test

import (
	"testing"

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
			on + "the fault ended by itself before it was reverted, because its lease was not renewed (was this process stopped, or the machine overloaded?): what was measured meanwhile proves nothing: 9 packets",
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
			on + "the container's first process ended under the fault: 9 packets",
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
