package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

func TestSummarise(t *testing.T) {
	window := func(probe string, count int, p99 float64) record.Window {
		start := time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)
		return record.Window{Probe: probe, Start: start, End: start.Add(10 * time.Second), Count: count, Errors: 1, Classes: map[string]int{"timeout": 1}, P50: .0123456789, P90: .02, P99: record.Float(p99)}
	}
	none := record.Float(math.NaN())
	dead := record.Window{Probe: "GET /b", Count: 3, Errors: 3, P50: none, P90: none, P99: none}
	pass := Finding{Verdict: Pass}
	s := Summarise(Run{Started: time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600)), Specs: []Spec{
		{Suite: "shop", Text: "sells", Finding: pass, Windows: []record.Window{window("GET /b", 3, .3), window("GET /a", 3, .1), dead}},
		{Suite: "shop", Text: "failed", Finding: Finding{Verdict: Regression}, Windows: []record.Window{window("GET /a", 3, .1)}},
		{Suite: "bank", Text: "pays", Finding: pass, Windows: []record.Window{window("GET /a", 3, .1), window("GET /a", 0, 0)}},
	}}, here)
	data, err := baseline.Baseline{Runs: []baseline.Run{s}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema": 2,
  "columns": ["count","errors","p50","p90","p99","throughput"],
  "environments": [
    {"os":"linux","arch":"amd64","cpus":2,"cpu":"Xeon","kernel":"6.18.5","go":"go1.26.8"}
  ],
  "windows": [
    {"suite":"bank","spec":"pays","probe":"GET /a","number":1},
    {"suite":"shop","spec":"sells","probe":"GET /a","number":1},
    {"suite":"shop","spec":"sells","probe":"GET /b","number":1},
    {"suite":"shop","spec":"sells","probe":"GET /b","number":2}
  ],
  "runs": [
    {"started":"2026-01-01T11:00:00.123Z","environment":1,"windows":{"1":[3,{"timeout":1},0.012346,0.02,0.1,0.2],"2":[3,{"timeout":1},0.012346,0.02,0.1,0.2],"3":[3,{"timeout":1},0.012346,0.02,0.3,0.2],"4":[3,{"error":3},null,null,null,null]}}
  ]
}
`
	if string(data) != want {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
	back, err := baseline.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || string(again) != want {
		t.Errorf("read and written again: %v\n%s", err, again)
	}
	if p := float64(back.Runs[0].Windows[3].P99); !math.IsNaN(p) {
		t.Errorf("null came back as %v, want NaN", p)
	}
}

// A spec that is tried again numbers its windows from 1 again. Only the attempt that
// passed counts.
func TestSummariseTakesEachWindowOncePerRun(t *testing.T) {
	window := func(probe string, number, count int) record.Window {
		return record.Window{Probe: probe, Number: number, Count: count}
	}
	pass := Finding{Verdict: Pass}
	run := Run{Specs: []Spec{
		{Suite: "shop", Text: "sells", Attempts: 2, Finding: pass, Windows: []record.Window{
			window("GET /a", 1, 10), window("GET /b", 1, 11), window("GET /a", 1, 20), window("GET /a", 2, 0), window("GET /a", 3, 22),
		}},
		{Suite: "bank", Text: "sells", Finding: pass},
		{Suite: "bank", Text: "sells", Finding: pass}, // these two measure nothing
		{Suite: "shop", Text: "pays", Finding: pass, Windows: []record.Window{window("GET /a", 1, 30)}},
		{Suite: "shop", Text: "pays", Finding: Finding{Verdict: Regression}, Windows: []record.Window{window("GET /a", 1, 31)}},
		{Suite: "shop: cart", Text: "sells", Finding: pass, Windows: []record.Window{window("GET /a", 1, 40)}},
	}}
	s := Summarise(run, here)
	if got := SharedNames(run); !slices.Equal(got, []string{"shop: pays"}) {
		t.Errorf("shared names %q", got)
	}
	var got []string
	for _, w := range s.Windows {
		got = append(got, fmt.Sprintf("%s: %s, %s, %d: %d", w.Suite, w.Spec, w.Probe, w.Number, w.Count))
	}
	want := []string{
		"shop: sells, GET /a, 1: 20", "shop: sells, GET /a, 3: 22", "shop: sells, GET /b, 1: 11",
		"shop: cart: sells, GET /a, 1: 40",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}
