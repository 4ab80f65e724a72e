package probe_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// round is sample i of each of n members, at ten rounds a second: member m takes
// (m+1) times (i+1) milliseconds, and the second fails every fourth time.
func round(i, n int) []probe.Sample {
	samples := make([]probe.Sample, n)
	for m := range samples {
		samples[m] = probe.Sample{
			Time: noon.Add(time.Duration(i)*100*time.Millisecond + time.Duration((m+i)%n)*time.Millisecond), Class: probe.OK,
			Latency: time.Duration((m+1)*(i+1)) * time.Millisecond, Version: "2",
		}
		if m == 1 && i%4 == 3 {
			samples[m].Class, samples[m].Version, samples[m].VersionProblem = probe.TimedOut, "", "version from header X-Version: the answer has none"
		}
		if m == 2 && i%2 == 0 {
			samples[m].Version, samples[m].ClockProblem = "1", "clock from header Date: the answer has none"
		}
	}
	return samples
}

func fleetSeries(t *testing.T, rounds int) *probe.FleetSeries {
	t.Helper()
	f, err := probe.NewFleetSeries(noon, 10, 400*time.Millisecond, probe.Member{Name: "a"}, probe.Member{Name: "b"}, probe.Member{Name: "c"})
	if err != nil {
		t.Fatal(err)
	}
	addRounds(t, f, 0, rounds)
	return f
}

func addRounds(t *testing.T, f *probe.FleetSeries, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := f.Add(round(i, 3)...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFleetWindowPrintsALineForEachMember(t *testing.T) {
	f := fleetSeries(t, 8)
	want := `fleet of 3: a,b,c: 8 samples each in 800ms from 12:00:00.000
  a: 8 samples, no error, p50 4ms, p99 8ms, version 2
  b: 8 samples, 2 errors (2 timeout), p50 6ms, p99 14ms, version 2, 2 could not be read
  c: 8 samples, no error, p50 12ms, p99 24ms, versions 1 (4), 2 (4)`
	if w := f.Window(); w.String() != want || w.GomegaString() != want || w.Probe() != "fleet of 3: a,b,c" {
		t.Errorf("got\n%s\nwant\n%s", w, want)
	}
}

func TestMediansAreOfAllSamplesInCompleteWindows(t *testing.T) {
	f := fleetSeries(t, 3)
	if w := f.Window(); w.Spans() != 0 || len(w.Medians()) != 0 || w.Width() != 400*time.Millisecond {
		t.Errorf("%d windows of %s: %v", w.Spans(), w.Width(), w.Medians())
	}
	addRounds(t, f, 3, 9)
	nine := f.Window()
	want := [][]float64{{0.0025, 0.005, 0.0075}, {0.0065, 0.013, 0.0195}} // with b's failures
	near := func(got [][]float64) bool {
		return slices.EqualFunc(got, want, func(a, b []float64) bool {
			return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-12 })
		})
	}
	if got := nine.Medians(); nine.Spans() != 2 || !near(got) {
		t.Errorf("medians %v, want %v", got, want)
	}
	addRounds(t, f, 9, 40)
	rows := f.Window().Medians()
	if len(rows) != 10 || &rows[0][0] != &nine.Medians()[0][0] {
		t.Errorf("%d rows, and the first ones were computed again", len(rows))
	}
	if got := nine.Medians(); !near(got) {
		t.Errorf("a shorter window's medians became %v", got)
	}
}

func TestNewFleetWindowMatchesTheSeries(t *testing.T) {
	f := fleetSeries(t, 20)
	f.End(noon.Add(2 * time.Second))
	seen := f.Window()
	made, err := probe.NewFleetWindow(400*time.Millisecond, seen.Members()...)
	if err != nil {
		t.Fatal(err)
	}
	if made.String() != seen.String() || !reflect.DeepEqual(made.Medians(), seen.Medians()) || !seen.Final() || !made.Final() || made.Growing() {
		t.Errorf("got\n%s\n%v\nwant\n%s\n%v", made, made.Medians(), seen, seen.Medians())
	}
}

func TestAFleetWindowRefusesWhatDoesNotMatch(t *testing.T) {
	window := func(from, to, n int) *probe.Window {
		return probe.NewWindow("p", noon.Add(time.Duration(from)*time.Second), noon.Add(time.Duration(to)*time.Second), make([]probe.Sample, n))
	}
	a := probe.Member{Name: "a", Window: window(0, 10, 100)}
	for want, other := range map[string]probe.Member{
		"make fleet window: the window of b starts 1s after the window of a: members are compared over the same span":                                                                {Name: "b", Window: window(1, 10, 100)},
		"make fleet window: the window of b ends -1s after the window of a: members are compared over the same span":                                                                 {Name: "b", Window: window(0, 9, 100)},
		"make fleet window: b has 99 samples and a has 100: all members need the same number":                                                                                        {Name: "b", Window: window(0, 10, 99)},
		"make fleet window: the window of b: the sample meant for 12:00:00.000 took -5ms: a latency is not negative: measure with a clock that does not go back, as time.Since does": {Name: "b", Window: probe.NewWindow("p", noon, noon.Add(10*time.Second), append(make([]probe.Sample, 99), probe.Sample{Time: noon, Latency: -5 * time.Millisecond}))},
		"make fleet window: member b has no window: give it one":                                                                                                                     {Name: "b"},
		`make fleet window: two members are called "a": give each a different name, such as an alias on a network`:                                                                   {Name: "a", Window: window(0, 10, 100)},
	} {
		if w, err := probe.NewFleetWindow(0, a, other); err == nil || err.Error() != want {
			t.Errorf("got %v and\n  %v, want\n  %s", w, err, want)
		}
	}
	if _, err := probe.NewFleetWindow(0, probe.Member{Name: "a", Window: window(0, 0, 1)}, probe.Member{Name: "b", Window: window(0, 0, 1)}); err == nil {
		t.Error("samples in no time were taken")
	}
	for _, n := range []int{0, 10} {
		w, err := probe.NewFleetWindow(-time.Second, probe.Member{Name: "a", Window: window(0, 10, n)}, probe.Member{Name: "b", Window: window(0, 10, n)})
		if err == nil || err.Error() != "make fleet window: windows of -1s: the width must be above 0, or 0 for the default" {
			t.Errorf("%d samples: got %v and %v", n, w, err)
		}
	}
	none, err := probe.NewFleetWindow(0, probe.Member{Name: "a", Window: window(0, 0, 0)}, probe.Member{Name: "b", Window: window(0, 0, 0)})
	if err != nil || none.Spans() != 0 || none.Record().Count != 0 || none.String() == "" {
		t.Errorf("without a sample: %v, %v", none, err)
	}
}

func TestAFleetSeriesCopiesItsMembers(t *testing.T) {
	members := []probe.Member{{Name: "a"}, {Name: "b"}}
	f, err := probe.NewFleetSeries(noon, 10, 0, members...)
	if err != nil {
		t.Fatal(err)
	}
	members[0].Name = "b"
	if got := f.Window().Members()[0].Name; got != "a" {
		t.Errorf("its first member is called %s after its maker's was renamed", got)
	}
}

func TestAFleetSeriesRefusesWhatDoesNotMatch(t *testing.T) {
	a, b := probe.Member{Name: "a"}, probe.Member{Name: "b"}
	for want, f := range map[string]func() (*probe.FleetSeries, error){
		"make fleet series: a fleet of 1: give it 2 members or more":                                               func() (*probe.FleetSeries, error) { return probe.NewFleetSeries(noon, 10, 0, a) },
		"make fleet series: rate NaN/s: must be above 0 and at most 10000/s":                                       func() (*probe.FleetSeries, error) { return probe.NewFleetSeries(noon, probe.Rate(math.NaN()), 0, a, b) },
		"make fleet series: windows of 1ms at 10/s hold no sample of a member: make them wider or the rate higher": func() (*probe.FleetSeries, error) { return probe.NewFleetSeries(noon, 10, time.Millisecond, a, b) },
		"make fleet series: member a has a window already: use NewFleetWindow": func() (*probe.FleetSeries, error) {
			return probe.NewFleetSeries(noon, 10, 0, probe.Member{Name: "a", Window: tenSamples()}, b)
		},
	} {
		if s, err := f(); err == nil || err.Error() != want {
			t.Errorf("got %v and\n  %v, want\n  %s", s, err, want)
		}
	}
	f := fleetSeries(t, 1)
	for want, samples := range map[string][]probe.Sample{
		"add a round to fleet of 3: a,b,c: 2 samples for 3 members: give one for each member":                                                                                             round(1, 2),
		"add a round to fleet of 3: a,b,c: member a: a sample meant for 11:59:59.000 comes after 12:00:00.000: add them in the order of their intended starts, from the series' start on": {{Time: noon.Add(-time.Second)}, tick(3), tick(3)},
	} {
		if err := f.Add(samples...); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if f.Window().N() != 1 {
		t.Errorf("a round that does not fit was added: %s", f.Window())
	}
	f.End(noon.Add(time.Second))
	if err := f.Add(round(1, 3)...); err == nil {
		t.Error("a round was added after the end")
	}
}

func TestAFleetsRecordCoversAllAndEach(t *testing.T) {
	f := fleetSeries(t, 4)
	f.Window().Judged("M", "o", judged(record.Judgement{Outcome: record.Violated}))
	addRounds(t, f, 4, 8)
	w := f.Window()
	w.Members()[1].Window.Judged("M", "of one", judged(record.Judgement{}))
	encoded, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Decode[record.Window](nil, string(encoded))
	if err != nil {
		t.Fatal(err)
	}
	if r.Count != 24 || r.Errors != 2 || r.Classes["timeout"] != 2 || len(r.Judgements) != 1 || r.Judgements[0].Outcome != record.Violated {
		t.Errorf("record %+v", r)
	}
	if len(r.Members) != 3 || r.Members[1].Errors != 2 || r.Members[1].Judgements != nil || float64(r.Members[0].P99) != 0.008 || float64(r.P99) != 0.024 {
		t.Errorf("members %+v, all p99 %v", r.Members, r.P99)
	}
}

func TestTheDefaultWindowHoldsTenSamples(t *testing.T) {
	for rate, want := range map[probe.Rate]time.Duration{5: 2 * time.Second, 20: 500 * time.Millisecond, 40: 250 * time.Millisecond, 1000: 250 * time.Millisecond} {
		if got := probe.DefaultWidth(rate); got != want {
			t.Errorf("at %s: %s, want %s", rate, got, want)
		}
	}
}

// The remembered rows must be those that a new series computes.
func TestMediansDoNotDependOnEarlierCalls(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	f := fleetSeries(t, 0)
	var windows []*probe.FleetWindow
	for at := 0; at < 400; {
		next := at + random.IntN(30)
		addRounds(t, f, at, next)
		at = next
		if w := f.Window(); random.IntN(2) == 0 {
			w.Medians()
			windows = append(windows, w)
		}
	}
	for _, w := range windows {
		fresh, err := probe.NewFleetWindow(w.Width(), w.Members()...)
		if err != nil {
			t.Fatal(err)
		}
		if w.N() > 0 && !reflect.DeepEqual(fresh.Medians(), w.Medians()) {
			t.Fatalf("%d rounds: %v, from a new series %v", w.N(), w.Medians(), fresh.Medians())
		}
	}
}
