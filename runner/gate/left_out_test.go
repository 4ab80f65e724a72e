package gate

import (
	"testing"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

func TestLeftOut(t *testing.T) {
	spec := func(suite, text, state string, v Verdict) Spec {
		return Spec{Suite: suite, Text: text, Node: "It", State: state, Finding: Finding{Verdict: v}}
	}
	runs := []Run{{Specs: []Spec{spec("shop", "sells", "passed", Pass), spec("shop", "pays", "skipped", ""), spec("shop", "lists", "failed", Regression)}}}
	for key, want := range map[baseline.Key][2]bool{ // everything, some packages
		{Suite: "shop", Spec: "sells"}:   {false, false},
		{Suite: "shop", Spec: "pays"}:    {true, true},
		{Suite: "shop", Spec: "lists"}:   {true, true},
		{Suite: "shop", Spec: "removed"}: {false, false},
		{Suite: "bank", Spec: "opens"}:   {false, true},
	} {
		if got := [2]bool{LeftOut(runs, true)(key), LeftOut(runs, false)(key)}; got != want {
			t.Errorf("%+v: %v, want %v", key, got, want)
		}
	}
}
