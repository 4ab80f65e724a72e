package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

func TestWindowsWithoutAJudgementAreNamed(t *testing.T) {
	window := func(number, count, errors int) record.Window {
		return record.Window{Probe: "GET /", Number: number, Count: count, Errors: errors}
	}
	judged, control := window(1, 34, 33), window(1, 34, 33)
	judged.Judgements = []record.Judgement{{ID: "j-1"}}
	control.Control = true
	compared := gate.Comparison{Metrics: []gate.Metric{{Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1}}}
	for name, c := range map[string]struct {
		windows []record.Window
		b       gate.Comparison
		want    []string
	}{
		"judged":               {[]record.Window{judged}, gate.Comparison{}, nil},
		"a control":            {[]record.Window{control}, gate.Comparison{}, nil},
		"in the baseline":      {[]record.Window{window(1, 34, 33)}, compared, nil},
		"not in the baseline":  {[]record.Window{window(2, 34, 33)}, compared, []string{"window 2 of GET /: 33 errors of 34, without a judgement"}},
		"without a number":     {[]record.Window{judged, window(0, 34, 1)}, gate.Comparison{}, []string{"window 2 of GET /: 1 error of 34, without a judgement"}},
		"judged at the second": {[]record.Window{window(1, 34, 33), judged}, gate.Comparison{}, nil},
		"many": {[]record.Window{window(1, 9, 0), window(2, 9, 1), window(3, 9, 2), window(4, 9, 0), window(5, 9, 9)}, gate.Comparison{}, []string{
			"window 5 of GET /: 9 errors of 9, without a judgement", "window 3 of GET /: 2 errors of 9, without a judgement",
			"window 2 of GET /: 1 error of 9, without a judgement", "2 more windows without a judgement",
		}},
	} {
		s := gate.Spec{Suite: "shop", Text: "sells", Node: "It", State: "passed", Windows: c.windows}
		if got := unjudged(c.b, s); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		for _, line := range c.want {
			if got := strings.Join(Evidence(c.b, s), "\n"); !strings.Contains(got, line) {
				t.Errorf("%s: the evidence lacks %q: %s", name, line, got)
			}
		}
	}
}

// A run with nothing but skipped specs has one line.
func TestSkippedSpecsAreCountedByTheirReasons(t *testing.T) {
	specs := func(reasons ...string) []gate.Run {
		r := gate.Run{Specs: []gate.Spec{{State: "passed", Finding: gate.Finding{Verdict: gate.Pass}}}}
		for _, reason := range reasons {
			r.Specs = append(r.Specs, gate.Spec{State: "skipped", Finding: gate.Finding{Reason: reason}})
		}
		return []gate.Run{r, r}
	}
	for want, runs := range map[string][]gate.Run{
		"":                               nil,
		" ":                              specs(),
		"1 spec skipped":                 specs(""),
		"3 specs skipped":                specs("", "", ""),
		"2 specs skipped: 2 needs\troot": specs("needs root", "needs\nroot"),
		"3 specs skipped: 2 b, 1 a":      specs("a", "b", "b"),
		"7 specs skipped: 2 without a reason, 1 a, 1 b, 1 c, 2 for other reasons": specs("a", "", "b", "c", "", "d", "e"),
	} {
		want = strings.ReplaceAll(strings.TrimSpace(want), "\t", " ")
		if got := skipped(runs); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		var out strings.Builder
		if err := Table(&out, gate.Record{Runs: runs}, Style{Width: 200}); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%v: the table lacks %q:\n%s", err, want, &out)
		}
	}
}
