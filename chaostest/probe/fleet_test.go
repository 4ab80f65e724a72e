package probe_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// replica is a service of a fleet that may know its image.
type replica struct {
	service
	name  string
	image string
}

func (r *replica) Name() string { return r.name }

func (r *replica) Image(context.Context) (string, error) {
	if r.image == "" {
		return "", errors.New("the daemon does not answer")
	}
	return r.image, nil
}

// named is a probeFunc with a name.
type named struct {
	probeFunc
	name string
}

func (n named) String() string { return n.name }

// asking makes a probe for a replica that calls ask with the replica's name.
func asking(ask func(name string) probe.Sample) func(probe.Service) probe.Probe {
	return func(s probe.Service) probe.Probe {
		return named{func(context.Context) (probe.Sample, error) { return ask(s.Name()), nil }, "GET http://" + s.Name() + ":8080/work"}
	}
}

func replicas(names ...string) []*replica {
	all := make([]*replica, len(names))
	for i, name := range names {
		all[i] = &replica{name: name}
	}
	return all
}

func TestAFleetsMembersAreAskedInTurn(t *testing.T) {
	noLeak(t)
	var mu sync.Mutex
	asked := 0
	fleet := probe.FleetOf(asking(func(string) probe.Sample {
		mu.Lock()
		defer mu.Unlock()
		asked++
		return probe.Sample{Class: probe.OK}
	}), replicas("a", "b", "c")...)
	w, err := probe.Run(t.Context(), fleet, 100, 90*time.Millisecond, probe.Labelled("spec", "fault"))
	if err != nil {
		t.Fatal(err)
	}
	if asked != 27 || w.N() != 9 || w.Growing() || !w.Final() || w.End().Sub(w.Start()) != 90*time.Millisecond {
		t.Fatalf("asked %d times: %s", asked, w)
	}
	first := map[string]int{}
	for m, member := range w.Members() {
		if !member.Window.Start().Equal(w.Start()) || !member.Window.End().Equal(w.End()) {
			t.Errorf("%s is of another span than the fleet", member.Name)
		}
		for i, s := range member.Window.Samples() {
			place := (m + i) % 3
			want := w.Start().Add(time.Duration(float64(i)*10e6 + float64(place)*10e6/3))
			if s.Time.Sub(want).Abs() > time.Microsecond {
				t.Errorf("round %d of %s was meant for %s, want %s", i, member.Name, s.Time.Sub(w.Start()), want.Sub(w.Start()))
			}
			if place == 0 {
				first[member.Name]++
			}
		}
	}
	if first["a"] != 3 || first["b"] != 3 || first["c"] != 3 {
		t.Errorf("first in their rounds: %v, want each in 3", first)
	}
	if r := w.Record(); r.Count != 27 || r.Spec != "spec" || r.Faults[0] != "fault" || len(r.Members) != 3 || r.Members[1].Count != 9 || r.Members[1].Probe != "GET http://b:8080/work" || r.Probe != "fleet of 3: GET http://{a,b,c}:8080/work" {
		t.Errorf("record %+v", r)
	}
}

func TestAGrowingFleetHasEqualNumbersOfSamples(t *testing.T) {
	noLeak(t)
	release, others := make(chan struct{}), make(chan string, 1000)
	fleet := probe.FleetOf(asking(func(name string) probe.Sample {
		if name == "c" {
			<-release
		} else {
			others <- name
		}
		return probe.Sample{Class: probe.OK}
	}), replicas("a", "b", "c")...)
	stream, err := probe.Start(t.Context(), fleet.Windows(20*time.Millisecond), 200, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 { // a and b answer while c does not
		<-others
	}
	if seen, err := stream.Window(); err != nil || seen.N() != 0 || !seen.Growing() || seen.Final() {
		t.Errorf("while c has not answered: %s, %v", seen, err)
	}
	close(release)
	deadline := time.Now().Add(time.Minute)
	for {
		seen, err := stream.Window()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%s, %v", seen, err)
		}
		for _, m := range seen.Members() {
			if m.Window.N() != seen.N() {
				t.Fatalf("%s has %d samples of %d", m.Name, m.Window.N(), seen.N())
			}
		}
		if seen.Spans() >= 5 && seen.Width() == 20*time.Millisecond && len(seen.Medians()) == seen.Spans() {
			seen.Judged("M", "o", judged(record.Judgement{Outcome: record.Kept}))
			break
		}
	}
	stream.Stop()
	stream.Stop()
	whole, err := stream.Wait(t.Context())
	if err != nil || !whole.Final() || whole.N() < 20 || len(whole.Record().Judgements) != 1 || stream.String() != whole.String() {
		t.Errorf("stopped: %s, %v", whole, err)
	}
}

func TestALoadOfAFleetStopsWhenOneCannotBeAsked(t *testing.T) {
	noLeak(t)
	broken := errors.New("the daemon does not answer")
	fleet := probe.FleetOf(func(s probe.Service) probe.Probe {
		return named{func(context.Context) (probe.Sample, error) {
			if s.Name() == "b" {
				return probe.Sample{}, broken
			}
			return probe.Sample{Class: probe.OK}, nil
		}, s.Name()}
	}, replicas("a", "b")...)
	w, err := probe.Run(t.Context(), fleet, 100, time.Minute)
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "load fleet of 2: a,b at 100/s for 1m0s: stopped after ") || w.N() != 0 {
		t.Errorf("got %s and %v", w, err)
	}
}

func TestAFleetIsNamedOnce(t *testing.T) {
	look := asking(nil)
	for want, f := range map[string]*probe.Fleet{
		"fleet of 2: GET http://{a,b}:8080/work":            probe.FleetOf(look, replicas("a", "b")...),
		"fleet of 2: GET http://{t,http}:8080/work":         probe.FleetOf(look, replicas("t", "http")...),
		"fleet of 5: GET http://{a1,a2,a3,a4,a5}:8080/work": probe.FleetOf(look, replicas("a1", "a2", "a3", "a4", "a5")...),
		"fleet of 6: GET http://{a1,a2,a3,…}:8080/work":     probe.FleetOf(look, replicas("a1", "a2", "a3", "a4", "a5", "a6")...),
		"fleet of 2: a,b": probe.FleetOf(func(s probe.Service) probe.Probe {
			return named{name: map[string]string{"a": "tcp a:1", "b": "tcp b:2"}[s.Name()]}
		}, replicas("a", "b")...),
	} {
		if got := f.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestBadFleetsAreRefused(t *testing.T) {
	look := asking(func(string) probe.Sample { t.Error("a member was asked"); return probe.Sample{} })
	two := probe.FleetOf(look, replicas("a", "b")...)
	for _, c := range []struct {
		want  string
		fleet *probe.Fleet
		rate  probe.Rate
		d     time.Duration
	}{
		{"load: no fleet: make one with probe.FleetOf", nil, 1, time.Second},
		{"load: a fleet of 1: give it 2 members or more", probe.FleetOf(look, replicas("a")...), 1, time.Second},
		{"load: a fleet of 0: give it 2 members or more", probe.FleetOf[*replica](look), 1, time.Second},
		{`load: two members are called "a": give each a different name, such as an alias on a network`, probe.FleetOf(look, replicas("a", "b", "a")...), 1, time.Second},
		{"load: a member has no name: give it one", probe.FleetOf(look, replicas("a", "")...), 1, time.Second},
		{"load: service 2 of 2 is nil: start it first", probe.FleetOf(look, &replica{name: "a"}, nil), 1, time.Second},
		{"load: no probe: give FleetOf a function that makes one for a service", probe.FleetOf(nil, replicas("a", "b")...), 1, time.Second},
		{"load: no probe for a: return one for each service", probe.FleetOf(func(probe.Service) probe.Probe { return nil }, replicas("a", "b")...), 1, time.Second},
		{"load: fleet of 2: GET http://{a,b}:8080/work at 6000/s: the rate must be above 0 and at most 5000/s", two, 6000, time.Second},
		{"load: fleet of 2: GET http://{a,b}:8080/work at NaN/s: the rate must be above 0 and at most 5000/s", two, probe.Rate(math.NaN()), time.Second},
		{"load: fleet of 2: GET http://{a,b}:8080/work for 0s: the duration must be above 0", two, 1, 0},
		{"load: fleet of 2: GET http://{a,b}:8080/work at 5000/s for 1h0m0s: 36000000 samples, at most 1000000 are kept: use a lower rate or a shorter time", two, 5000, time.Hour},
		{"load: windows of 10ms at 20/s hold no sample of a member: make them wider or the rate higher", two.Windows(10 * time.Millisecond), 20, time.Second},
		{"load: windows of 1h0m0s in a load of 200ms: none would be complete: make them narrower or load for longer", two.Windows(time.Hour), 20, 200 * time.Millisecond},
		{"load: windows of 250ms in a load of 200ms: none would be complete: make them narrower or load for longer", two.Windows(250 * time.Millisecond), 20, 200 * time.Millisecond},
		{"load: windows of -1s: the width must be above 0, or 0 for the default", two.Windows(-time.Second), 20, time.Second},
	} {
		if w, err := probe.Run(t.Context(), c.fleet, c.rate, c.d); err == nil || err.Error() != c.want {
			t.Errorf("got %v and error\n  %v, want\n  %s", w, err, c.want)
		}
	}
}

// A window is complete with its last sample, even before its width has passed. With the
// default width, a load may be shorter than a window.
func TestAFleetsLoadMayLastOneWindow(t *testing.T) {
	for _, c := range []struct {
		width time.Duration
		spans int
	}{{100 * time.Millisecond, 1}, {104 * time.Millisecond, 1}, {0, 0}} {
		fleet := probe.FleetOf(asking(func(string) probe.Sample { return probe.Sample{Class: probe.OK} }), replicas("a", "b")...)
		w, err := probe.Run(t.Context(), fleet.Windows(c.width), 100, 100*time.Millisecond)
		if err != nil || w.Spans() != c.spans {
			t.Errorf("windows of %s: %s, %v", c.width, w, err)
		}
	}
}

func TestAFleetKnowsItsImages(t *testing.T) {
	all := replicas("a", "b", "c")
	all[0].image, all[1].image = "sha256:0123456789abcdef", "shop:dev"
	fleet := probe.FleetOf(asking(func(name string) probe.Sample { return probe.Sample{Class: probe.OK, Version: "2"} }), all...)
	w, err := probe.Run(t.Context(), fleet, 100, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"sha256:0123456789abcdef", "shop:dev", ""} {
		if got := w.Members()[i].Image; got != want {
			t.Errorf("%s has image %q, want %q", w.Members()[i].Name, got, want)
		}
	}
	for _, want := range []string{", version 2, image 0123456789ab", ", version 2, image shop:dev", ", version 2, image unknown"} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("%s\ndoes not say %q", w, want)
		}
	}
}

func TestAFleetsProbesLookAtDifferentServices(t *testing.T) {
	all := replicas("a", "b", "c")
	for want, look := range map[string]func(probe.Service) probe.Probe{
		`load: the probes for a and b are both "GET http://a:8080/": look at the service that the function receives, and name it in the probe's String`: func(probe.Service) probe.Probe { return probe.HTTP(all[0], "8080/tcp", "/") },
		`load: the probes for a and c are both "tcp a:1": look at the service that the function receives, and name it in the probe's String`: func(s probe.Service) probe.Probe {
			return probe.TCP(map[string]*replica{"a": all[0], "b": all[1], "c": all[0]}[s.Name()], "1/tcp")
		},
		`load: the probes for a and b are both "exec a: true": look at the service that the function receives, and name it in the probe's String`: func(probe.Service) probe.Probe { return probe.Exec(all[0], "true") },
		`load: the probes for a and b are both "test probe": look at the service that the function receives, and name it in the probe's String`:   func(probe.Service) probe.Probe { return quick },
	} {
		if w, err := probe.Run(t.Context(), probe.FleetOf(look, all...), 1, time.Second); err == nil || err.Error() != want {
			t.Errorf("got %v and\n  %v, want\n  %s", w, err, want)
		}
	}
}

// The last round begins before the end, and its last members are asked a little later.
func TestAFleetsLoadMayEndInsideARound(t *testing.T) {
	noLeak(t)
	fleet := probe.FleetOf(asking(func(string) probe.Sample { return probe.Sample{Class: probe.OK} }), replicas("a", "b", "c")...)
	w, err := probe.Run(t.Context(), fleet, 60, 110*time.Millisecond)
	if err != nil || w.Validate() != nil || w.N() != 7 {
		t.Fatalf("%d samples each, %v, %v", w.N(), err, w.Validate())
	}
	if last := w.Members()[2].Window.Samples()[6].Time; last.After(w.End()) || w.End().Sub(w.Start()) > 120*time.Millisecond {
		t.Errorf("%s ends at %s, its last sample was meant for %s", w, w.End(), last)
	}
}

func TestAFleetIsSampledOnce(t *testing.T) {
	broken := errors.New("cannot look")
	look := func(s probe.Service) probe.Probe {
		return probeFunc(func(context.Context) (probe.Sample, error) {
			if s.Name() == "c" {
				return probe.Sample{}, broken
			}
			return probe.Sample{Class: probe.OK, Detail: s.Name()}, nil
		})
	}
	_, err := probe.FleetOf(look, replicas("a", "b")...).Sample(t.Context())
	if err == nil || !strings.Contains(err.Error(), "both") {
		t.Errorf("two probes of one name: %v", err)
	}
	named := func(s probe.Service) probe.Probe { return namedProbe{look(s), s.Name()} }
	round, err := probe.FleetOf(named, replicas("a", "b")...).Sample(t.Context())
	if err != nil || len(round) != 2 || round[0].Detail != "a" || round[1].Detail != "b" {
		t.Errorf("got %v, %v", round, err)
	}
	if _, err := probe.FleetOf(named, replicas("a", "c")...).Sample(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v, want that a member's probe %v", err, broken)
	}
	if _, err := (*probe.Fleet)(nil).Sample(t.Context()); err == nil || err.Error() != "probe: no fleet: make one with probe.FleetOf" {
		t.Errorf("got %v", err)
	}
}

type namedProbe struct {
	probe.Probe
	name string
}

func (p namedProbe) String() string { return "look at " + p.name }
