package baseline

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// fileOf is a baseline file of two runs. The second has these windows.
func fileOf(windows string) []byte {
	const sound = `{"suite":"shop","spec":"sells","probe":"GET /","number":1,"count":100,"errorRate":0,"p50":0.01,"p90":0.01,"p99":0.01}`
	run := func(windows string) string {
		return `{"started":"2026-01-01T00:00:00Z","environment":{"os":"linux"},"windows":[` + windows + `]}`
	}
	return fmt.Appendf(nil, `{"schema":1,"runs":[%s,%s]}`, run(sound), run(strings.ReplaceAll(windows, "SOUND", sound)))
}

func TestParseRefusesImpossibleValues(t *testing.T) {
	const where = `read baseline: run 2 of 2, started 2026-01-01T00:00:00Z: window 1 of GET / in "sells" of the suite shop: `
	window := func(fields string) string {
		return `{"suite":"shop","spec":"sells","probe":"GET /","number":1,` + fields + `}`
	}
	for _, c := range []struct{ windows, want string }{
		{window(`"count":100,"errorRate":7,"p50":0.01,"p90":0.01,"p99":0.01`), where + "errorRate is 7: it must be a share from 0 to 1, such as 0.01 for 1 %"},
		{window(`"count":100,"errorRate":-0.1,"p50":0.01,"p90":0.01,"p99":0.01`), where + "errorRate is -0.1: it must be a share from 0 to 1, such as 0.01 for 1 %"},
		{window(`"count":100,"errorRate":null,"p50":0.01,"p90":0.01,"p99":0.01`), where + "errorRate is null: it must be a share from 0 to 1, such as 0.01 for 1 %"},
		{window(`"count":100,"errorRate":0,"p50":-1,"p90":0.01,"p99":0.01`), where + "p50 is -1: a latency must be 0 seconds or more"},
		{window(`"count":100,"errorRate":0,"p50":null,"p90":null,"p99":null`), where + "p50 is null and errorRate 0: a latency must be a number where any sample was answered"},
		{window(`"count":100,"errorRate":0.99,"p50":0.01,"p90":0.01,"p99":null`), where + "p99 is null and errorRate 0.99: a latency must be a number where any sample was answered"},
		{window(`"count":100,"errorRate":1,"p50":null,"p90":0.01,"p99":null`), where + "p50 is null and p90 is not: either all latencies must be null, where nothing was answered, or none"},
		{window(`"count":0,"errorRate":0,"p50":0.01,"p90":0.01,"p99":0.01`), where + "count is 0: a window must have a sample"},
		{`SOUND,{"suite":"shop","spec":"sells","probe":"GET /","number":0,"count":1,"errorRate":0,"p50":0.01,"p90":0.01,"p99":0.01}`, `window 0 of GET / in "sells" of the suite shop: number is 0: it must be 1 or more`},
		{"SOUND,SOUND", where + "it is in the run twice: leave one"},

		{window(`"count":100,"errorRate":0,"p50":0.01,"p90":0.01`), `read baseline: run 2 of 2, window 1 of 1: it lacks "p99": it must have suite, spec, probe, number, count, errorRate, p50, p90, p99`},
		{window(`"count":100,"p50":0.01,"p99":0.01`), `read baseline: run 2 of 2, window 1 of 1: it lacks "errorRate", "p90": `},
		{"SOUND,null", `read baseline: run 2 of 2, window 2 of 2: it lacks "suite", "spec", "probe", "number", "count", "errorRate", "p50", "p90", "p99": `},
		{`]},{"windows":[`, `read baseline: run 3 of 3: it lacks "started", "environment": it must have started, environment, windows`},
	} {
		if _, err := Parse(fileOf(c.windows)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.windows, err, c.want)
		}
	}
}

func TestParseAcceptsExtremeValues(t *testing.T) {
	for _, windows := range []string{
		"", "SOUND",
		`SOUND,{"suite":"shop","spec":"sells","probe":"GET /","number":2,"count":100,"errorRate":0,"p50":0,"p90":0.01,"p99":0.01}`,
		`{"suite":"shop","spec":"sells","probe":"GET /","number":1,"count":100,"errorRate":1,"p50":null,"p90":null,"p99":null}`,
		// One of three million was answered: the rate is rounded to a millionth.
		`{"suite":"shop","spec":"sells","probe":"GET /","number":1,"count":3000000,"errorRate":1,"p50":0.01,"p90":0.01,"p99":0.01}`,
	} {
		if _, err := Parse(fileOf(windows)); err != nil {
			t.Errorf("%s: %v", windows, err)
		}
	}
}

// Parse must accept every summary.
func TestParseAcceptsEverySummary(t *testing.T) {
	none := record.Float(math.NaN())
	for _, w := range []record.Window{
		{Count: 3, P50: .01, P90: .01, P99: .01},
		{Count: 3, Errors: 2, P50: .01, P90: .01, P99: .01},
		{Count: 3, Errors: 3, P50: none, P90: none, P99: none},
		{Count: 1_000_001, Errors: 1_000_000, P50: .01, P90: .01, P99: .01},
		{Count: 3_000_001, Errors: 3_000_000, P50: .01, P90: .01, P99: .01},
	} {
		summary := Summarise(w)
		summary.Suite, summary.Spec, summary.Number = "shop", "sells", 1
		run := Run{Windows: []Window{summary}}
		if err := run.Validate(); err != nil {
			t.Errorf("%d of %d failed: %v", w.Errors, w.Count, err)
		}
		data, err := Baseline{Runs: []Run{run}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(data); err != nil {
			t.Errorf("%d of %d failed: %v", w.Errors, w.Count, err)
		}
	}
}
