package probe_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// call calls all methods that need no argument, which must not panic.
func call(t *testing.T, v any) {
	t.Helper()
	for _, m := range reflect.ValueOf(v).Methods() {
		if m.Type().NumIn() == 0 {
			m.Call(nil)
		}
	}
}

func TestAWindowThatNobodyMadeIsRefusedAndDoesNotPanic(t *testing.T) {
	const want = "the window is a zero value: take it from a load, or make it with probe.NewWindow or of a probe.Series"
	w := &probe.Window{}
	call(t, w)
	w.Judged("M", "o", judged(record.Judgement{}))
	if n := probe.Fold(w, countKey{"a"}, func() int { return 7 }, func(n int, _ []probe.Sample) int { return n }); n != 7 {
		t.Errorf("folded to %d", n)
	}
	for _, w := range []*probe.Window{nil, w, w.In("spec", 1), w.Slice(noon, noon.Add(time.Second))} {
		if err := w.Validate(); err == nil || err.Error() != want {
			t.Errorf("validated: %v, want\n%s", err, want)
		}
	}
	w.Slice(noon, noon.Add(time.Second)).Judged("M", "o", judged(record.Judgement{}))
}

func TestAFleetWindowThatNobodyMadeIsRefusedAndDoesNotPanic(t *testing.T) {
	const want = "the fleet window is a zero value: take it from a load, or make it with probe.NewFleetWindow or of a probe.FleetSeries"
	f := &probe.FleetWindow{}
	call(t, f)
	f.Judged("M", "o", judged(record.Judgement{}))
	if n := probe.FoldSpans(f, countKey{"a"}, func() int { return 7 }, func(n int, _ [][]float64) int { return n }); n != 7 {
		t.Errorf("folded to %d", n)
	}
	if f.Final() || f.N() != 0 || !f.Start().IsZero() || !f.End().IsZero() {
		t.Errorf("it is final, %t, or has %d samples", f.Final(), f.N())
	}
	for _, f := range []*probe.FleetWindow{nil, f} {
		if err := f.Validate(); err == nil || err.Error() != want {
			t.Errorf("validated: %v, want\n%s", err, want)
		}
	}
	if err := fleetSeries(t, 4).Window().Validate(); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func TestASeriesThatNobodyMadeTakesNoSample(t *testing.T) {
	var s probe.Series
	if err := s.Add(probe.Sample{Time: noon, Class: probe.Refused}); err == nil || err.Error() != "add samples: the series is a zero value: make it with probe.NewSeries" {
		t.Errorf("added: %v", err)
	}
	s.End(noon)
	if w := s.Window(); w.N() != 0 || w.Validate() == nil {
		t.Errorf("its window is %s", w)
	}
	var f probe.FleetSeries
	for _, round := range [][]probe.Sample{nil, {{Time: noon}}} {
		if err := f.Add(round...); err == nil || err.Error() != "add a round: the fleet series is a zero value: make it with probe.NewFleetSeries" {
			t.Errorf("added: %v", err)
		}
	}
	f.End(noon)
	if w := f.Window(); w.N() != 0 || w.Validate() == nil {
		t.Errorf("its window is %s", w)
	}
}

func TestALoadOfNoProbeIsRefused(t *testing.T) {
	var none *probe.HTTPProbe
	const want = `load: no probe, but a nil *probe.HTTPProbe: write probe.HTTP(service, "8080/tcp", "/")`
	if w, err := probe.Run(t.Context(), none, 1, time.Second); err == nil || err.Error() != want {
		t.Errorf("ran: %v, %v", w, err)
	}
	if s, err := probe.Start(t.Context(), none, 1, 0); err == nil || err.Error() != want {
		t.Errorf("started: %v, %v", s, err)
	}
	for want, fleet := range map[string]*probe.Fleet{
		"load: no probe for a, but a nil *probe.HTTPProbe: return one for each service": probe.FleetOf(func(probe.Service) probe.Probe { return none }, replicas("a", "b")...),
		"load: no fleet: make one with probe.FleetOf":                                   {},
	} {
		if w, err := probe.Run(t.Context(), fleet, 1, time.Second); err == nil || err.Error() != want {
			t.Errorf("ran %s: %v, %v", fleet, w, err)
		}
		if s, err := probe.Start(t.Context(), fleet, 1, 0); err == nil || err.Error() != want {
			t.Errorf("started %s: %v, %v", fleet, s, err)
		}
	}
}

// A fleet whose name cannot be made says what is wrong with it all the same.
func TestAFleetOfTheNamelessDoesNotPanic(t *testing.T) {
	look := func(probe.Service) probe.Probe { return quick }
	fleet := probe.FleetOf(look, replicas("", "b")...)
	if _, err := probe.Run(t.Context(), fleet, 1, time.Second); err == nil || err.Error() != "load: a member has no name: give it one" {
		t.Errorf("ran: %v", err)
	}
	if fleet.String() != "fleet of 2" {
		t.Errorf("it is called %q", fleet)
	}
}

func TestARecordOfWhatNobodyMadeIsEmpty(t *testing.T) {
	for _, v := range []any{&probe.Window{}, &probe.FleetWindow{}} {
		if encoded, err := json.Marshal(v); err != nil || !strings.Contains(string(encoded), `"count":0`) {
			t.Errorf("%s, %v", encoded, err)
		}
	}
}
