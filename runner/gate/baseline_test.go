package gate

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestSummarise(t *testing.T) {
	window := func(probe string, count int, p99 float64) record.Window {
		return record.Window{Probe: probe, Count: count, Errors: 1, P50: .0123456789, P90: .02, P99: record.Float(p99)}
	}
	pass := Finding{Verdict: Pass}
	s := Summarise(Run{Started: time.Date(2026, 1, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600)), Specs: []Spec{
		{Suite: "shop", Text: "sells", Finding: pass, Windows: []record.Window{window("GET /b", 3, .3), window("GET /a", 3, .1), window("GET /b", 3, math.NaN())}},
		{Suite: "shop", Text: "failed", Finding: Finding{Verdict: Regression}, Windows: []record.Window{window("GET /a", 3, .1)}},
		{Suite: "bank", Text: "pays", Finding: pass, Windows: []record.Window{window("GET /a", 3, .1), window("GET /a", 0, 0)}},
	}}, here)
	data, err := Baseline{Runs: []Summary{s}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema": 1,
  "runs": [
    {
      "started": "2026-01-01T11:00:00.123Z",
      "environment": {"os":"linux","arch":"amd64","cpus":2,"kernel":"6.18.5","go":"go1.26.8"},
      "windows": [
        {"spec":"bank: pays","probe":"GET /a","number":1,"count":3,"errorRate":0.333333,"p50":0.012346,"p90":0.02,"p99":0.1},
        {"spec":"shop: sells","probe":"GET /a","number":1,"count":3,"errorRate":0.333333,"p50":0.012346,"p90":0.02,"p99":0.1},
        {"spec":"shop: sells","probe":"GET /b","number":1,"count":3,"errorRate":0.333333,"p50":0.012346,"p90":0.02,"p99":0.3},
        {"spec":"shop: sells","probe":"GET /b","number":2,"count":3,"errorRate":0.333333,"p50":0.012346,"p90":0.02,"p99":null}
      ]
    }
  ]
}
`
	if string(data) != want {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
	back, err := ParseBaseline(data)
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

func TestAccept(t *testing.T) {
	b, dropped := Baseline{Runs: ten}.Accept(11, accepted(.2, .3)...)
	if len(b.Runs) != 11 || dropped != 1 {
		t.Fatalf("%d runs, %d dropped; want 11 and 1", len(b.Runs), dropped)
	}
	if first, last := b.Runs[0].Windows[0].P99, b.Runs[10].Windows[0].P99; first != .101 || last != .3 {
		t.Errorf("from %v to %v, want from 0.101 to 0.3: the oldest goes", first, last)
	}
	if len(ten) != 10 || ten[0].Windows[0].P99 != .1 {
		t.Error("the baseline before was changed")
	}
	empty, err := Baseline{}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseBaseline(empty); err != nil {
		t.Errorf("an empty baseline: %v", err)
	}
}

func TestParseBaselineRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"schema":1,"runs":7}`, `{"schema":1,"rums":[]}`, `{"schema":0}`} {
		if _, err := ParseBaseline([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	_, err := ParseBaseline([]byte(`{"schema":2,"runs":[]}`))
	if newer, ok := errors.AsType[*SchemaError](err); !ok || newer.Have != 2 || !strings.Contains(err.Error(), "schema 2") {
		t.Errorf("a newer schema: %v", err)
	}
}
