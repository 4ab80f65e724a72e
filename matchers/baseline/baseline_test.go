package baseline

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// runsOf is runs of one window with this median, in seconds.
func runsOf(p50 ...float64) []Run {
	var runs []Run
	for n, v := range p50 {
		runs = append(runs, Run{
			Started: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), Environment: Environment{OS: "linux"},
			Windows: []Window{{
				Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1, Count: 500, Errors: map[string]int{"timeout": n % 2},
				P50: record.Float(v), P90: record.Float(2 * v), P99: record.Float(3 * v), Throughput: 100,
			}},
		})
	}
	return runs
}

func medians(runs []Run) (all []float64) {
	for _, r := range runs {
		all = append(all, float64(r.Windows[0].P50))
	}
	return all
}

func TestAcceptKeepsTheNewestAndTheReferences(t *testing.T) {
	references := runsOf(.1, .2)
	for n := range references {
		references[n].Reference = true
	}
	b, dropped := Baseline{Runs: references}.Accept(2, runsOf(.3, .4, .5)...)
	if got := medians(b.Runs); !slices.Equal(got, []float64{.1, .2, .4, .5}) || dropped != 1 || b.Schema != Schema {
		t.Errorf("%v, %d dropped", got, dropped)
	}
	many := runsOf(make([]float64, 30)...)
	for n := range many {
		many[n].Reference, many[n].Windows[0].P50 = true, record.Float(n)
	}
	b, dropped = b.Accept(2, many...)
	if got := medians(b.Runs); len(got) != 22 || dropped != 12 || got[0] != .4 || got[2] != 10 || got[21] != 29 {
		t.Errorf("%v, %d dropped", got, dropped)
	}
	if !slices.Equal(medians(references), []float64{.1, .2}) {
		t.Error("the baseline before was changed")
	}
}

func TestABaselineIsReadAsItWasWritten(t *testing.T) {
	runs := runsOf(.1, .2, .3)
	runs[1].Reference = true
	runs[2].Environment.CPU = "Xeon"
	more := runs[2].Windows[0]
	more.Number = 2
	runs[2].Windows = append(runs[2].Windows, more)
	for name, b := range map[string]Baseline{"empty": {}, "runs": {Runs: runs}, "a run without windows": {Runs: []Run{{}}}} {
		data, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(data)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, data)
		}
		again, err := back.Encode()
		if err != nil || string(again) != string(data) {
			t.Errorf("%s: %v\n%s\nagain\n%s", name, err, data, again)
		}
		if lines := strings.Count(string(data), `"started"`); lines != len(b.Runs) {
			t.Errorf("%s: %d lines of %d runs", name, lines, len(b.Runs))
		}
	}
}

// A run of forty windows is one line, of about 50 bytes a window.
func TestARunIsOneSmallLine(t *testing.T) {
	runs := runsOf(.1)
	for n := 2; n <= 40; n++ {
		more := runs[0].Windows[0]
		more.Number = n
		runs[0].Windows = append(runs[0].Windows, more)
	}
	data, err := Baseline{Runs: runs}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, "started") && len(line) > 40*60 {
			t.Errorf("the line has %d bytes", len(line))
		}
	}
}

func TestABaselineOfSchema1IsRead(t *testing.T) {
	b, err := Parse([]byte(`{"schema":1,"runs":[{"started":"2026-01-01T00:00:00Z","environment":{"os":"linux","arch":"amd64","cpus":2,"kernel":"6.1","go":"go1.26"},"windows":[
		{"suite":"shop","spec":"sells","probe":"GET /","number":1,"count":250,"errorRate":0.004,"p50":0.01,"p90":0.02,"p99":0.03}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	w := b.Runs[0].Windows[0]
	if b.Schema != Schema || !b.Runs[0].Reference || w.Failed() != 1 || w.P99 != .03 || !math.IsNaN(float64(w.Throughput)) {
		t.Errorf("%+v", b)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"schema":1,"runs":7}`, `{"schema":1,"rums":[]}`, `{"schema":0}`, `{"schema":2,"runs":[]}`} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	_, err := Parse([]byte(`{"schema":3,"runs":[]}`))
	if newer, ok := errors.AsType[*SchemaError](err); !ok || newer.Have != 3 || !strings.Contains(err.Error(), "schema 3") {
		t.Errorf("a newer schema: %v", err)
	}
}
