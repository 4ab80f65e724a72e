package gate

import "testing"

func TestOverallVerdictVerdict(t *testing.T) {
	for _, c := range []struct {
		of   []Verdict
		want Verdict
		code int
	}{
		{[]Verdict{Pass}, Pass, 0},
		{[]Verdict{Pass, Inconclusive}, Inconclusive, 3},
		{[]Verdict{Inconclusive, ToolFailure, Pass}, ToolFailure, 4},
		{[]Verdict{ToolFailure, StoppedByGuard}, StoppedByGuard, 5},
		{[]Verdict{StoppedByGuard, Regression, ToolFailure}, Regression, 1},
		{[]Verdict{Inconclusive, Regression}, Regression, 1},
		{nil, ToolFailure, 4},
		{[]Verdict{"dream"}, ToolFailure, 4},
	} {
		got := overall(c.of...)
		if got != c.want || got.ExitCode() != c.code {
			t.Errorf("overall(%q) = %q, exit %d; want %q, exit %d", c.of, got, got.ExitCode(), c.want, c.code)
		}
	}
	if code := Verdict("dream").ExitCode(); code != 4 {
		t.Errorf("an unknown verdict exits with %d, want 4", code)
	}
}
