package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }

func step(second int, text string) types.SpecEvent {
	return types.SpecEvent{SpecEventType: types.SpecEventByStart, Message: text, TimelineLocation: types.TimelineLocation{Time: at(second)}}
}

// ginkgoReport is the report of a suite. One of its specs injects, judges and fails.
func ginkgoReport() types.Report {
	injection := record.Injection{
		Schema: record.Schema, ID: "abc", Fault: "delay 300ms", Target: "db", Start: at(2), End: at(6), Reverted: true,
		Evidence:   record.Evidence{LeaseLapsed: true, Summary: "5 packets held back"},
		Judgements: []record.Judgement{{ID: "j-1", At: at(3), Outcome: record.Kept, Text: "it has taken effect"}},
	}
	window := record.Window{Schema: record.Schema, Probe: "GET /", Judgements: []record.Judgement{{ID: "j-2", At: at(5), Outcome: record.Violated, Text: "12 of 100 failed"}}}
	samples := record.Samples{Schema: record.Schema, Probe: "GET /", Judgements: []record.Judgement{{ID: "j-3", At: at(1), Outcome: record.Kept, Text: "it is live"}}}
	spec := types.SpecReport{
		ContainerHierarchyTexts: []string{"shop"}, LeafNodeText: "sells", LeafNodeType: types.NodeTypeIt, State: types.SpecStateFailed,
		StartTime: at(0), EndTime: at(7), ParallelProcess: 2,
		ReportEntries: types.ReportEntries{
			{Name: record.InjectionEntry, Value: types.WrapEntryValue(injection)},
			{Name: record.WindowEntry, Value: types.WrapEntryValue(window)},
			{Name: record.SamplesEntry, Value: types.WrapEntryValue(samples)},
		},
		SpecEvents: types.SpecEvents{
			step(1, "a customer comes"),
			step(2, injection.Step(record.Injected)),
			step(6, injection.Step(record.Reverted)),
			{SpecEventType: types.SpecEventByEnd, Message: "a customer comes"},
			{SpecEventType: types.SpecEventNodeStart, Message: "It"},
		},
	}
	skipped := types.SpecReport{LeafNodeText: "rests", LeafNodeType: types.NodeTypeIt, State: types.SpecStateSkipped}
	return types.Report{SuiteDescription: "shop suite", StartTime: at(0), EndTime: at(8), SuiteSucceeded: true, SpecReports: types.SpecReports{spec, skipped}}
}

func written(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestARunKeepsItsEvents(t *testing.T) {
	run, err := Read(written(t, []types.Report{ginkgoReport()}))
	if err != nil || len(run.Troubles) > 0 {
		t.Fatalf("%v, %q", err, run.Troubles)
	}
	var got []string
	for _, e := range run.Events {
		if e.Schema != record.Schema || e.Suite != "shop suite" || e.Spec != "shop sells" || e.Process != 2 {
			t.Errorf("event %+v", e)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %v %s", int(e.Time.Sub(noon).Seconds()), e.Kind, e.ID, e.Outcome, e.Failed, e.Text)))
	}
	want := []string{
		"0 spec started   false",
		"1 step   false a customer comes",
		"1 judged j-3 kept false it is live",
		"2 injected abc  false delay 300ms on db",
		"3 judged j-1 kept false it has taken effect",
		"5 judged j-2 violated false 12 of 100 failed",
		"6 lapsed abc  true delay 300ms on db",
		"6 reverted abc  false 5 packets held back",
		"7 spec ended   true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A suite that crashed leaves no report. The events that it wrote while it ran are kept.
func TestEventsOfASpecWithoutAReportAreKept(t *testing.T) {
	happened := []record.Event{
		{Schema: record.Schema, Time: at(9), Kind: record.Injected, Spec: "bank pays", ID: "d", Text: "pause on db"},
		{Schema: record.Schema, Time: at(8), Kind: record.SpecStarted, Spec: "bank pays"},
		{Schema: record.Schema, Time: at(8), Kind: record.Loading, Spec: "bank pays"},
		{Schema: record.Schema, Time: at(9), Kind: record.WindowDone, Spec: "bank pays"},
		{Schema: record.Schema + 1, Time: at(9), Kind: record.Injected, Spec: "bank pays"},
		{Schema: record.Schema, Time: at(1), Kind: record.Injected, Spec: "shop sells", ID: "abc"},
	}
	var file strings.Builder
	for _, e := range happened {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		file.WriteString(string(line) + "\n")
	}
	path := filepath.Join(t.TempDir(), "events")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := eventsIn(path)
	if err != nil || len(read) != len(happened) {
		t.Fatalf("%d events, %v", len(read), err)
	}
	run, err := Read(written(t, []types.Report{ginkgoReport()}))
	if err != nil {
		t.Fatal(err)
	}
	before := len(run.Events)
	keepEvents(&run, read)
	added := run.Events[before:]
	if len(added) != 2 || added[0].Kind != record.SpecStarted || added[1].Kind != record.Injected || added[1].ID != "d" {
		t.Errorf("added %+v", added)
	}
	if _, err := eventsIn(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestEventsAreBounded(t *testing.T) {
	run := gate.Run{}
	many := []record.Event{{Schema: record.Schema, Kind: record.StepTaken, Text: strings.Repeat("ä", 1000) + "\xff"}}
	for range mostEvents + 6 {
		many = append(many, record.Event{Schema: record.Schema, Kind: record.StepTaken, Time: noon})
	}
	keepEvents(&run, many)
	if len(run.Events) != mostEvents || run.EventsLeftOut != 7 {
		t.Errorf("%d events, %d left out", len(run.Events), run.EventsLeftOut)
	}
	if text := []rune(run.Events[0].Text); len(text) != longestText || text[longestText-1] != '…' {
		t.Errorf("a text of %d characters is kept", len(text))
	}
}
