package suite

import (
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/internal/live"
)

// A run keeps this many events, with texts of this many characters.
const (
	mostEvents  = 10_000
	longestText = 300
)

// events lists what happened in a spec. It comes from the records of the spec and from
// Ginkgo's timeline, which holds the steps of By. Seen are the IDs of the injections whose
// events are listed already, in another spec under the same injection.
func events(spec gate.Spec, s types.SpecReport, seen map[string]bool) []record.Event {
	if s.State.Is(types.SpecStateSkipped | types.SpecStatePending) {
		return nil
	}
	var all []record.Event
	add := func(at time.Time, e record.Event) {
		e.Schema, e.Time, e.Process, e.Suite, e.Spec = record.Schema, at, spec.Process, spec.Suite, spec.Text
		all = append(all, e)
	}
	judged := func(judgements []record.Judgement) {
		for _, j := range judgements {
			add(j.At, record.Event{Kind: record.Judged, ID: j.ID, Outcome: j.Outcome, Text: j.Text})
		}
	}
	add(s.StartTime, record.Event{Kind: record.SpecStarted})
	for _, e := range s.SpecEvents {
		if e.SpecEventType == types.SpecEventByStart && !ofInjection(e.Message, spec.Injections) {
			add(e.TimelineLocation.Time, record.Event{Kind: record.StepTaken, Text: e.Message})
		}
	}
	for _, i := range spec.Injections {
		if i.ID != "" && seen[i.ID] {
			continue
		}
		seen[i.ID] = true
		add(i.Start, record.Event{Kind: record.Injected, ID: i.ID, Text: i.String()})
		if i.Evidence.LeaseLapsed {
			add(i.End, record.Event{Kind: record.Lapsed, ID: i.ID, Text: i.String(), Failed: true})
		}
		if !i.End.IsZero() {
			add(i.End, record.Event{Kind: record.Reverted, ID: i.ID, Text: i.Evidence.Summary, Failed: !i.Reverted})
		}
		judged(i.Judgements)
	}
	for _, w := range spec.Windows {
		judged(w.Judgements)
	}
	for _, s := range spec.Samples {
		judged(s.Judgements)
	}
	add(s.EndTime, record.Event{Kind: record.SpecEnded, Failed: s.Failed()})
	return all
}

// ofInjection reports whether the library took the step for an injection. Such steps have
// events of another kind already.
func ofInjection(step string, all []record.Injection) bool {
	return slices.ContainsFunc(all, func(i record.Injection) bool {
		return step == i.Step(record.Injected) || step == i.Step(record.Reverted)
	})
}

// eventsIn reads the events that the suites wrote while they ran.
func eventsIn(path string) ([]record.Event, error) {
	if path == "" {
		return nil, nil
	}
	tail, err := live.OpenTail(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tail.Close() }()
	return tail.Next()
}

// replaced are the images that were replaced, once each.
func replaced(written []record.Event) []record.Replacement {
	var all []record.Replacement
	for _, e := range written {
		if r := e.Replacement; r != nil && e.Kind == record.Replaced && !slices.Contains(all, *r) {
			all = append(all, *r)
		}
	}
	return all
}

// keepEvents adds the events of specs that are not in the report, such as those of a suite
// that crashed, and sorts all events by time.
func keepEvents(run *gate.Run, written []record.Event) {
	reported := map[string]bool{}
	for _, s := range run.Specs {
		reported[s.Text] = true
	}
	for _, e := range written {
		if !reported[e.Spec] && e.Kind != record.Loading && e.Kind != record.WindowDone && e.Schema == record.Schema {
			run.Events = append(run.Events, e)
		}
	}
	slices.SortStableFunc(run.Events, func(a, b record.Event) int { return a.Time.Compare(b.Time) })
	if extra := len(run.Events) - mostEvents; extra > 0 {
		run.Events, run.EventsLeftOut = run.Events[:mostEvents], run.EventsLeftOut+extra
	}
	for i := range run.Events {
		run.Events[i].Text = cut(run.Events[i].Text)
	}
}

// cut shortens a long text, and keeps it valid UTF-8.
func cut(text string) string {
	runes := []rune(strings.ToValidUTF8(text, "�"))
	if len(runes) <= longestText {
		return string(runes)
	}
	return string(runes[:longestText-1]) + "…"
}
