package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it): got\n%s\nwant\n%s", path, got, want)
	}
}

// sample is a record with one of everything, including odd characters.
func sample() gate.Record {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	injection := record.Injection{
		Schema: record.Schema, ID: "1", Kind: "delay", Fault: "delay 300ms", Filter: "ingress from shop, port 5432", Target: "db", TargetID: "abc",
		Start: at, End: at.Add(time.Second), Reverted: true,
		Attestation: record.Attestation{Path: "netem", Readback: []string{"qdisc netem delay 300ms", "filter bpf"}, Seed: math.MaxUint64},
		Evidence:    record.Evidence{Effective: true, Summary: "250 packets held back"},
	}
	violated := record.Judgement{
		ID: "j-violated", Matcher: "KeepErrorRateBelow", Objective: "error rate below 1 %", Outcome: record.Violated, Value: .12, Threshold: .01,
		Samples: 100, Alpha: .01, LogE: 12, Text: "12 of 100 samples failed (12 %, allowed 1 %)",
	}
	window := record.Window{
		Schema: record.Schema, Probe: "GET /checkout", Start: at, End: at.Add(time.Second), Count: 100, Errors: 12,
		P50: .012, P90: .2, P99: record.Float(math.NaN()), Judgements: []record.Judgement{violated},
	}
	kept := window
	kept.Errors, kept.P99, kept.Judgements = 0, .3, nil
	spec := func(text, state, message string) gate.Spec {
		return gate.Spec{Suite: "shop", Text: text, Node: "It", State: state, Message: message, File: "shop_test.go", Line: 7, Started: at, Ended: at.Add(1500 * time.Millisecond)}
	}
	failed := spec(`keeps "selling" <late> & late`, "failed", "orders are late\n"+record.Mark("Expected\n\x1b[31m  12 of 100\x1b[0m\n\x00to keep its error rate\nbut 12 of 100 samples failed (12 %, allowed 1 %)", violated.ID, violated.Outcome))
	failed.Injections, failed.Windows, failed.Others = []record.Injection{injection}, []record.Window{window}, []string{"and so did the cleanup"}
	unjudged := window
	unjudged.Number, unjudged.Count, unjudged.Errors, unjudged.Judgements = 2, 34, 33, nil
	failed.Windows = append(failed.Windows, unjudged)
	failed.Logs = []record.Log{
		{Service: "db", Roles: []record.Role{record.Targeted}, Since: at},
		{
			Service: "shop", Roles: []record.Role{record.Probed}, Since: at,
			Lines: []record.LogLine{
				{At: at, Text: "listening", LeftOut: 3},
				{At: at.Add(600 * time.Millisecond), Text: `no answer from "db" <5432>`},
				{At: at.Add(1100 * time.Millisecond), Text: "all is well"},
			},
			Faults: []record.LogFault{{Fault: injection.String(), From: at.Add(500 * time.Millisecond), To: at.Add(time.Second)}},
		},
		{Service: "cache", Roles: []record.Role{record.Probed}, Since: at, Missing: "container cache is gone (exit code 1)"},
	}
	passed := spec("sells", "passed", "")
	passed.Windows = []record.Window{kept}
	noImage := record.Failure{Schema: record.Schema, ID: "f-image", Cause: record.ToolFailure, Text: "start the agent: no such image"}
	tool := spec("breaks the tool", "failed", noImage.Message())
	tool.Failures = []record.Failure{noImage}
	spent := record.Failure{Schema: record.Schema, ID: "f-spent", Cause: record.StoppedByGuard, Text: "error budget spent"}
	guarded := spec("goes too far", "failed", spent.Message())
	guarded.Failures = []record.Failure{spent}
	undecided := record.Judgement{ID: "j-undecided", Objective: "error rate below 1 %", Outcome: record.Undecided, Text: "9 samples do not show it"}
	few := spec("is looked at too briefly", "failed", record.Mark("undecided", undecided.ID, undecided.Outcome))
	few.Windows = []record.Window{{Schema: record.Schema, Probe: "GET /", Count: 9, Judgements: []record.Judgement{undecided}}}
	silent := record.Judgement{ID: "j-silent", Matcher: "BeLive", Objective: "live", Outcome: record.Violated, Text: "refused"}
	dead := spec("is live", "failed", record.Mark("Expected it to be live", silent.ID, silent.Outcome))
	dead.Samples = []record.Samples{{Schema: record.Schema, Probe: "tcp db:5432", Judgements: []record.Judgement{silent}}}
	idle := injection
	idle.Evidence = record.Evidence{Summary: "no packet matched"}
	nothing := record.Judgement{ID: "j-nothing", Matcher: "HaveTakenEffect", Objective: "the fault has taken effect", Outcome: record.ToolFailed, Text: "no packet matched"}
	idle.Judgements = []record.Judgement{nothing}
	useless := spec("is hit by nothing", "failed", record.Mark("Expected it to have taken effect", nothing.ID, nothing.Outcome))
	useless.Injections = []record.Injection{idle}
	skipped := spec("is left out", "skipped", "not on this machine")
	skipped.Started, skipped.Ended = at, time.Time{}
	filtered, pending := skipped, skipped
	filtered.Text, filtered.Message = "is filtered out", ""
	pending.Text, pending.State, pending.Message = "is not written yet", "pending", ""
	r := gate.Record{
		Schema: gate.Schema, Version: "v1.2.3", Policy: gate.Policy{Alpha: .01, Limits: baseline.DefaultLimits()},
		Environment: baseline.Environment{OS: "linux", Arch: "amd64", CPUs: 2, Kernel: "6.18.5", Go: "go1.26.8"},
		Runs: []gate.Run{
			{Started: at, Ended: at.Add(time.Minute), Specs: []gate.Spec{skipped, passed, pending, skipped, filtered}},
			{Started: at, Ended: at.Add(time.Minute), Specs: []gate.Spec{passed, failed, tool, guarded, few, dead, useless}, Troubles: []string{"a suite left no report"}},
		},
		Baseline: gate.Comparison{
			Verdict: gate.Regression, Words: "worse than the baseline: p99 of GET /checkout: 300ms, usually 100ms, +200 % (p = 0.004)", Accepted: 10, Candidates: 2,
			Metrics: []gate.Metric{
				{Suite: "shop", Spec: "sells", Probe: "GET /checkout", Number: 1, Name: "error rate", P: 1, Words: "error rate of GET /checkout: 0 %, usually 0 %"},
				{Suite: "shop", Spec: "sells", Probe: "GET /checkout", Number: 1, Name: "p99", Baseline: .1, Candidate: .3, Rise: 2, Low: 1.8, High: 2.2, P: .004, Regressed: true, Words: "p99 of GET /checkout: 300ms, usually 100ms, +200 % (+180 % to +220 %)"},
			},
		},
	}
	gate.JudgeSpecs(r.Runs)
	r.Decide()
	return r
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, sample()); err != nil {
		t.Fatal(err)
	}
	golden(t, "chaosgate.json", out.Bytes())
	back, err := gate.Parse(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := JSON(&again, back); err != nil {
		t.Fatal(err)
	}
	golden(t, "chaosgate.json", again.Bytes())
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, sample()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", out.Bytes())
	var back junitSuites
	if err := xml.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	if back.Tests != 15 || back.Failures != 3 || back.Errors != 5 {
		t.Errorf("%d tests, %d failures, %d errors; want 15, 3, 5", back.Tests, back.Failures, back.Errors)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, sample(), Style{Width: 120}); err != nil {
		t.Fatal(err)
	}
	out.WriteString(LastLine(sample(), Style{}) + "\n")
	golden(t, "table.txt", out.Bytes())
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestTableFitsAndColoursChangeNothingElse(t *testing.T) {
	for _, width := range []int{0, 60, 80, 200} {
		var plain, coloured bytes.Buffer
		if err := Table(&plain, sample(), Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(plain.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > max(width, 60) {
				t.Errorf("width %d: a line of %d: %q", width, n, line)
			}
		}
		if err := Table(&coloured, sample(), Style{Width: width, Colour: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(coloured.String(), "\x1b[31;1m") {
			t.Error("a regression is not coloured")
		}
		if got := escape.ReplaceAllString(coloured.String(), ""); got != plain.String() {
			t.Errorf("width %d: colours changed the text:\n%s\n%s", width, got, plain.String())
		}
	}
}

// A service whose errors grow shows it, even if its latencies hardly move, and the other way
// round.
func TestTheTableShowsWhatChangedMost(t *testing.T) {
	metric := func(number int, name string, rise record.Float) gate.Metric {
		return gate.Metric{Suite: "shop", Spec: "sells", Probe: "GET /", Number: number, Name: name, Rise: rise, Words: fmt.Sprintf("%s %+.2f", name, float64(rise))}
	}
	r := gate.Record{Policy: gate.Policy{Limits: baseline.DefaultLimits()}, Baseline: gate.Comparison{Metrics: []gate.Metric{
		metric(1, "error rate", .004), metric(1, "p50", .09), metric(1, "p90", .01), metric(1, "p99", .2),
		metric(2, "error rate", .02), metric(2, "p50", .1), metric(2, "p99", .4),
		metric(3, "error rate", 1),
	}}}
	want := "p50 +0.09; error rate +0.02; error rate +1.00"
	if got := against(r, gate.Spec{Suite: "shop", Text: "sells"}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := against(r, gate.Spec{Suite: "shop", Text: "pays"}); got != "" {
		t.Errorf("another spec has %q", got)
	}
}

func TestTableOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, gate.Record{}, Style{}); err != nil || out.Len() > 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}
