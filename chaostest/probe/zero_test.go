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

// call calls all methods that need no argument; none may panic.
func call(t *testing.T, v any) {
	t.Helper()
	for _, m := range reflect.ValueOf(v).Methods() {
		if m.Type().NumIn() == 0 {
			m.Call(nil)
		}
	}
}

func TestAWindowThatIsZeroIsRefusedAndDoesNotPanic(t *testing.T) {
	const want = "the window is a zero value: take it from a load or a probe.Series, or make it with probe.NewWindow"
	w := &probe.Window{}
	call(t, w)
	w.Judged("M", "o", judged(record.Judgement{}))
	if n := probe.Fold(w, countKey{"a"}, func() int { return 7 }, func(n int, _ []probe.Sample) int { return n }); n != 7 {
		t.Errorf("folded to %d", n)
	}
	for _, w := range []*probe.Window{nil, w, w.FromSpec("spec", 1), w.Slice(noon, noon.Add(time.Second))} {
		if err := w.Validate(); err == nil || err.Error() != want {
			t.Errorf("validated: %v, want\n%s", err, want)
		}
	}
	w.Slice(noon, noon.Add(time.Second)).Judged("M", "o", judged(record.Judgement{}))
}

func TestAFleetWindowThatIsZeroIsRefusedAndDoesNotPanic(t *testing.T) {
	const want = "the fleet window is a zero value: take it from a load or a probe.FleetSeries, or make it with probe.NewFleetWindow"
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

func TestASeriesThatIsZeroTakesNoSample(t *testing.T) {
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

// A fleet whose name cannot be made still says what is wrong with it.
func TestAFleetWithoutNamesDoesNotPanic(t *testing.T) {
	look := func(probe.Service) probe.Probe { return quick }
	fleet := probe.FleetOf(look, replicas("", "b")...)
	if _, err := probe.Run(t.Context(), fleet, 1, time.Second); err == nil || err.Error() != "load: a member has no name: give it one" {
		t.Errorf("ran: %v", err)
	}
	if fleet.String() != "fleet of 2" {
		t.Errorf("it is called %q", fleet)
	}
}

// A service that was declared and not started is a nil pointer in an interface.
func TestAProbeOfANilServiceIsRefused(t *testing.T) {
	var notStarted *service
	const why = ": the service is nil: was it started in this spec, or in a BeforeEach?"
	for _, s := range []probe.Service{nil, notStarted} {
		for name, p := range map[string]probe.Probe{
			"GET http://<nil>:8080/":     probe.HTTP(s, "8080/tcp", "/"),
			"tcp <nil>:8080":             probe.TCP(s, "8080/tcp"),
			"exec <nil>: redis-cli ping": probe.Exec(s, "redis-cli", "ping"),
		} {
			if _, err := p.Sample(t.Context()); err == nil || err.Error() != "probe "+name+why {
				t.Errorf("sampled: %v", err)
			}
			if _, err := probe.Run(t.Context(), p, 10, time.Second); err == nil || err.Error() != "load "+name+why {
				t.Errorf("loaded: %v", err)
			}
		}
	}
}

func TestAZeroProbeIsRefusedAndDoesNotPanic(t *testing.T) {
	for want, p := range map[string]probe.Probe{
		"HTTPProbe{}: the probe is a zero value: make it with probe.HTTP":                    &probe.HTTPProbe{},
		"tcp <nil>:: the service is nil: was it started in this spec, or in a BeforeEach?":   &probe.TCPProbe{},
		"exec <nil>: : the service is nil: was it started in this spec, or in a BeforeEach?": &probe.ExecProbe{},
	} {
		call(t, p)
		if _, err := p.Sample(t.Context()); err == nil || err.Error() != "probe "+want {
			t.Errorf("sampled: %v, want\n%s", err, want)
		}
		if _, err := probe.Run(t.Context(), p, 10, time.Second); err == nil || err.Error() != "load "+want {
			t.Errorf("loaded: %v, want\n%s", err, want)
		}
	}
}

func TestAnOptionThatIsNilIsRefused(t *testing.T) {
	svc := &service{}
	for want, p := range map[string]probe.Probe{
		"GET http://shop:8080/: option 2 is nil: leave it out": probe.HTTP(svc, "8080/tcp", "/", probe.KeepAlive(), nil),
		"tcp shop:8080: option 1 is nil: leave it out":         probe.TCP(svc, "8080/tcp", nil),
	} {
		if _, err := p.Sample(t.Context()); err == nil || err.Error() != "probe "+want {
			t.Errorf("sampled: %v, want\n%s", err, want)
		}
	}
	const want = "load: GET http://shop:8080/: option 1 is nil: leave it out"
	if _, err := probe.Run(t.Context(), probe.HTTP(svc, "8080/tcp", "/"), 10, time.Second, nil); err == nil || err.Error() != want {
		t.Errorf("ran: %v, want\n%s", err, want)
	}
}

func TestTheRecordOfAZeroValueIsEmpty(t *testing.T) {
	for _, v := range []any{&probe.Window{}, &probe.FleetWindow{}} {
		if encoded, err := json.Marshal(v); err != nil || !strings.Contains(string(encoded), `"count":0`) {
			t.Errorf("%s, %v", encoded, err)
		}
	}
}
