package live

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func event(second int, kind record.EventKind, process int, spec, text string) record.Event {
	return record.Event{Schema: record.Schema, Time: noon.Add(time.Duration(second) * time.Second), Kind: kind, Process: process, Spec: spec, Text: text}
}

func with(e record.Event, change func(*record.Event)) record.Event {
	change(&e)
	return e
}

func samples(count, errors int, p99 float64) func(*record.Event) {
	return func(e *record.Event) {
		e.Window = &record.Window{Schema: record.Schema, Probe: "GET /", Count: count, Errors: errors, P50: .01, P99: record.Float(p99)}
	}
}

func id(e *record.Event) { e.ID = "7" }

func bad(e *record.Event) { e.Failed = true }

// story is a spec in one process and the beginning of another one beside it.
var story = []record.Event{
	event(0, record.SpecStarted, 1, "sells", ""),
	event(1, record.SpecStarted, 2, "pays", ""),
	event(1, record.Lapsed, 1, "sells", "start\x1b[31m the\nshop\a"),
	with(event(2, record.Injected, 1, "sells", "delay 300ms on db"), id),
	event(2, record.Loading, 1, "sells", "GET / at 50/s for 10s"),
	with(event(3, record.Loading, 1, "sells", "GET /"), samples(50, 0, .3)),
	with(event(8, record.Loading, 1, "sells", "GET /"), samples(300, 3, .3)),
	with(event(9, record.Loading, 1, "sells", "GET /"), samples(350, 4, .3)),
	with(event(12, record.WindowDone, 1, "sells", "GET /"), samples(500, 500, math.NaN())),
	with(event(13, record.Reverted, 1, "sells", "500 packets held"), id),
	with(event(14, record.SpecEnded, 1, "sells", ""), bad),
}

func apply(v *View, events []record.Event) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, v.Apply(e)...)
	}
	return lines
}

func TestPlainLines(t *testing.T) {
	want := []string{
		"12:00:00  spec    sells",
		"12:00:01  spec    pays",
		"12:00:01  LAPSED  start[31m the shop: its lease was not renewed",
		"12:00:02  inject  delay 300ms on db",
		"12:00:02  load    GET / at 50/s for 10s",
		"12:00:08  load    GET /: 300 samples, 3 errors (1 %), healthy answers: p50 10ms, p99 300ms",
		"12:00:12  window  GET /: 500 samples, 500 errors (100 %)",
		"12:00:13  revert  500 packets held",
		"12:00:14  FAILED  sells",
	}
	if got := apply(&View{}, story); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestArea(t *testing.T) {
	for upTo, want := range map[int][]string{
		0:          {"compiling and starting the suites (10s)"},
		4:          {"> sells (10s)", "    live 8s: delay 300ms on db", "> pays (9s)", "0 passed, 0 failed, 2 running"},
		8:          {"> sells (10s)", "    live 8s: delay 300ms on db", "    GET /: 350 samples, 4 errors (1.14 %), healthy answers: p50 10ms, p99 300ms", "> pays (9s)", "0 passed, 0 failed, 2 running"},
		len(story): {"> pays (9s)", "0 passed, 1 failed, 1 running"},
	} {
		v := &View{Since: noon}
		apply(v, story[:upTo])
		if got := v.area(noon.Add(10*time.Second), 80); !slices.Equal(got, want) {
			t.Errorf("after %d events: got\n%s\nwant\n%s", upTo, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestAreaFitsTheTerminal(t *testing.T) {
	v := &View{}
	apply(v, story[:8])
	apply(v, []record.Event{event(9, record.SpecStarted, 3, strings.Repeat("ä very long spec ", 20), "")})
	for _, line := range v.area(noon, 30) {
		if n := len([]rune(line)); n > 30 {
			t.Errorf("%d wide: %q", n, line)
		}
	}
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColoursChangeNothingElse(t *testing.T) {
	plain, coloured := &View{}, &View{Colour: true}
	for _, e := range story {
		a, b := strings.Join(plain.Apply(e), "\n"), strings.Join(coloured.Apply(e), "\n")
		a += strings.Join(plain.area(noon, 60), "\n")
		b += strings.Join(coloured.area(noon, 60), "\n")
		if !strings.Contains(b, "\x1b[") {
			t.Errorf("no colour in %q", b)
		}
		if got := escape.ReplaceAllString(b, ""); got != a {
			t.Errorf("%q, without colours %q", got, a)
		}
	}
}

func TestEventsOfANewerSchemaAreLeftOut(t *testing.T) {
	e := story[0]
	e.Schema = record.Schema + 1
	v := &View{}
	if got := v.Apply(e); got != nil || len(v.area(noon, 80)) != 1 {
		t.Errorf("shown: %q", got)
	}
	if got := v.Apply(event(0, "dream", 1, "sells", "what")); got != nil {
		t.Errorf("an unknown kind is shown: %q", got)
	}
}

func TestScreen(t *testing.T) {
	var out bytes.Buffer
	v := &View{}
	apply(v, story[:4])
	s := NewScreen(&out, func() int { return 80 })
	s.show([]string{"first"}, v, noon)
	if want := "first\n> sells (0s)\n    live 0s: delay 300ms on db\n> pays (0s)\n0 passed, 0 failed, 2 running\n"; out.String() != want {
		t.Errorf("first: %q", out.String())
	}
	out.Reset()
	s.show([]string{"second"}, v, noon)
	if !strings.HasPrefix(out.String(), "\x1b[4A\x1b[Jsecond\n> sells") {
		t.Errorf("the area is not drawn over: %q", out.String())
	}
	out.Reset()
	s.clear()
	s.clear()
	if out.String() != "\x1b[4A\x1b[J" {
		t.Errorf("clear: %q", out.String())
	}
	out.Reset()
	s = NewScreen(&out, nil)
	s.show([]string{"only"}, v, noon)
	s.clear()
	if out.String() != "only\n" {
		t.Errorf("without a terminal: %q", out.String())
	}
}

func TestFollowShowsAllThatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tail, err := OpenTail(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tail.Close() }()
	var out bytes.Buffer
	stop := Follow(tail, &View{}, NewScreen(&out, nil))
	write(t, path, `{"schema":1,"kind":"spec started","spec":"sells"}`+"\n")
	stop()
	stop()
	if !strings.Contains(out.String(), "spec    sells") {
		t.Errorf("got %q", out.String())
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	if _, err := OpenTail(path); err == nil {
		t.Error("a file that is not there is opened")
	}
	write(t, path, "")
	tail, err := OpenTail(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tail.Close() }()
	for _, step := range []struct {
		written string
		want    []string
	}{
		{"", nil},
		{`{"text":"a"}` + "\n" + `{"text":"b"}` + "\nnonsense\n" + `{"te`, []string{"a", "b"}},
		{`xt":"c"}`, nil},
		{"\n", []string{"c"}},
	} {
		write(t, path, step.written)
		events, err := tail.Next()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			got = append(got, e.Text)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("after %q: %q, want %q", step.written, got, step.want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
