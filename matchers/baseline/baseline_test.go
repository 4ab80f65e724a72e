package baseline

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// runsOf is runs of one window with this 99th percentile, in seconds.
func runsOf(p99 ...float64) []Run {
	var runs []Run
	for n, v := range p99 {
		runs = append(runs, Run{
			Started: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC),
			Windows: []Window{{Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1, Count: 500, P50: .01, P90: .02, P99: record.Float(v)}},
		})
	}
	return runs
}

var ten = runsOf(.100, .101, .102, .103, .104, .105, .106, .107, .108, .109)

func TestAccept(t *testing.T) {
	b, dropped := Baseline{Runs: ten}.Accept(11, runsOf(.2, .3)...)
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
	if _, err := Parse(empty); err != nil {
		t.Errorf("an empty baseline: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"schema":1,"runs":7}`, `{"schema":1,"rums":[]}`, `{"schema":0}`} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	_, err := Parse([]byte(`{"schema":2,"runs":[]}`))
	if newer, ok := errors.AsType[*SchemaError](err); !ok || newer.Have != 2 || !strings.Contains(err.Error(), "schema 2") {
		t.Errorf("a newer schema: %v", err)
	}
}
