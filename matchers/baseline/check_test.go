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
	return fmt.Appendf(nil, `{"schema":2,"columns":["count","errors","p50","p90","p99","throughput"],"environments":[{"os":"linux"}],
"windows":[{"suite":"shop","spec":"sells","probe":"GET /","number":1},{"suite":"shop","spec":"sells","probe":"GET /","number":2}],
"runs":[{"started":"2026-01-01T00:00:00Z","environment":1,"windows":{"1":[100,{},0.01,0.01,0.01,50]}},
{"started":"2026-01-01T00:00:00Z","environment":1,"windows":{%s}}]}`, windows)
}

func TestParseRefusesImpossibleValues(t *testing.T) {
	const where = `read baseline: run 2 of 2, started 2026-01-01T00:00:00Z: window 1 of GET / in "sells" of the suite shop: `
	old := func(windows string) string {
		return `{"schema":1,"runs":[{"started":"2026-01-01T00:00:00Z","environment":{},"windows":[{"suite":"a","spec":"b","probe":"c","number":1,` + windows + `}]}]}`
	}
	twice := strings.Replace(string(fileOf(`"1":[100,{},0.01,0.01,0.01,50],"2":[100,{},0.01,0.01,0.01,50]`)), `"number":2`, `"number":1`, 1)
	for _, c := range [][2]string{
		{string(fileOf(`"1":[100,{"timeout":101},0.01,0.01,0.01,50]`)), where + `errors are 101 of class "timeout": they must be from 0 to the count, 100`},
		{string(fileOf(`"1":[100,{"timeout":-1},0.01,0.01,0.01,50]`)), where + `errors are -1 of class "timeout"`},
		{string(fileOf(`"1":[100,{"a":60,"b":60},0.01,0.01,0.01,50]`)), where + "errors are 120: they must be from 0 to the count, 100"},
		{string(fileOf(`"1":[100,{},-1,0.01,0.01,50]`)), where + "p50 is -1: a latency must be 0 seconds or more"},
		{string(fileOf(`"1":[100,{},null,null,null,50]`)), where + "p50 is null and errors are 0 of 100: a latency must be a number where any sample was answered"},
		{string(fileOf(`"1":[100,{"a":99},0.01,0.01,null,50]`)), where + "p99 is null and errors are 99 of 100"},
		{string(fileOf(`"1":[100,{"a":100},null,0.01,null,50]`)), where + "p90 is 0.01 and p50 is null: either all latencies must be null, where nothing was answered, or none"},
		{string(fileOf(`"1":[100,{},0.02,0.01,0.03,50]`)), where + "p90 is 0.01, below p50: a larger quantile is not a lower latency"},
		{string(fileOf(`"1":[100,{},0.01,0.01,0.01,-5]`)), where + "throughput is -5: it must be 0 or more answers a second, or null if it is not known"},
		{string(fileOf(`"1":[0,{},0.01,0.01,0.01,50]`)), where + "count is 0: a window must have a sample"},
		{string(fileOf(`"1":[100,{},0.01,0.01,0.01]`)), "it has 5 values: it must have 6,"},
		{string(fileOf(`"1":[100,{},0.01,"fast",0.01,50]`)), `p90 is "fast": `},
		{string(fileOf(`"1":[1e400,{},0.01,0.01,0.01,50]`)), "count is 1e400: "},
		{string(fileOf(`"1":[100,{},NaN,0.01,0.01,50]`)), "invalid character 'N'"},
		{string(fileOf(`"3":[100,{},0.01,0.01,0.01,50]`)), "run 2 of 2 has window 3: there are 1 to 2"},
		{string(fileOf(`}},{"started":"2026-01-01T00:00:00Z","windows":{`)), `run 3 of 3: it lacks "environment": it must have started, environment, windows`},
		{string(fileOf(`}},{"started":"2026-01-01T00:00:00Z","environment":2,"windows":{`)), "run 3 of 3 has environment 2: there are 1 to 1"},
		{string(fileOf(`}},{"started":"2026-01-01T00:00:00Z","environment":1,"colour":1,"windows":{`)), `unknown field "colour"`},
		{string(fileOf(`}},{"started":"2026-01-01T00:00:00Z","environment":1,"speed":-1,"windows":{`)), "speed is -1: it must be 0 or more"},
		{twice, where + "it is in the run twice: leave one"},
		{strings.Replace(string(fileOf(`"1":[100,{},0.01,0.01,0.01,50]`)), `"number":1`, `"number":0`, 1), "number is 0: it must be 1 or more"},
		{strings.Replace(string(fileOf("")), `"probe":"GET /",`, ``, 1), `window 1 of 2: it lacks "probe": it must have suite, spec, probe, number`},
		{strings.Replace(string(fileOf("")), `"p90",`, ``, 1), `they must be ["count" "errors" "p50" "p90" "p99" "throughput"]`},
		{string(fileOf("")) + "{}", "invalid character '{' after top-level value"},
		{old(`"count":9,"errorRate":7,"p50":1,"p90":1,"p99":1`), "errorRate is 7: it must be a share from 0 to 1"},
		{old(`"count":9,"errorRate":0,"p50":1,"p90":1`), `run 1 of 1: window 1 of 1: it lacks "p99"`},
	} {
		if _, err := Parse([]byte(c[0])); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s\ngives %v\nwant %s", c[0], err, c[1])
		}
	}
}

// Parse must accept every summary.
func TestParseAcceptsEverySummary(t *testing.T) {
	none := record.Float(math.NaN())
	for _, w := range []record.Window{
		{Count: 3, P50: .01, P90: .01, P99: .01},
		{Count: 3, Errors: 2, Classes: map[string]int{"timeout": 2}, P50: .01, P90: .01, P99: .01},
		{Count: 3, Errors: 2, Classes: map[string]int{"timeout": 1}, P50: .01, P90: .01, P99: .01},
		{Count: 3, Errors: 3, P50: none, P90: none, P99: none},
		{Count: 3_000_001, Errors: 3_000_000, P50: .01, P90: .01, P99: .01},
	} {
		summary := Summarise(w)
		summary.Suite, summary.Spec, summary.Number = "shop", "sells", 1
		if summary.Failed() != w.Errors {
			t.Errorf("%d of %d failed: %+v", w.Errors, w.Count, summary)
		}
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
