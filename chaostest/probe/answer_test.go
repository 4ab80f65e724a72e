package probe_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestVersionIsReadFromTheAnswer(t *testing.T) {
	noLeak(t)
	svc := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Version", " 1.2.3 ")
		w.Header()["X-Empty"] = []string{""}
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		say(w, `{"build": {"version": "2.0", "number": 9007199254740993, "old": true, "tags": ["a", "b"]}, "none": null}`+"\n")
	})
	const all = `{"build": {"version": "2.0", "number": 9007199254740993, "old": true, "tags": ["a", "b"]}, "none": null}`
	for _, c := range []struct {
		field            probe.Field
		version, problem string
	}{
		{probe.HeaderField("X-Version"), "1.2.3", ""},
		{probe.HeaderField("x-version"), "1.2.3", ""},
		{probe.HeaderField("X-Other"), "", "version from header X-Other: the answer has none"},
		{probe.HeaderField("X-Empty"), "", "version from header X-Empty: the answer has none"},
		{probe.BodyField("build.version"), "2.0", ""},
		{probe.BodyField("build.number"), "9007199254740993", ""},
		{probe.BodyField("build.old"), "true", ""},
		{probe.BodyField("build.tags.1"), "b", ""},
		{probe.BodyField("build.tags.2"), "", `version from "build.tags.2" in the body: the list there has no element "2"`},
		{probe.BodyField("build"), "", `version from "build" in the body: the value is a list or an object: name a single value in it`},
		{probe.BodyField("build.version.major"), "", `version from "build.version.major" in the body: the answer has none`},
		{probe.BodyField("none"), "", `version from "none" in the body: the answer has none`},
		{probe.WholeBody(), all, ""},
	} {
		for _, path := range []string{"/", "/broken"} {
			s := sample(t, probe.HTTP(svc, "8080/tcp", path, probe.VersionFrom(c.field)))
			if s.Version != c.version || s.VersionProblem != c.problem || s.Clock != nil || s.Healthy() == (path == "/broken") {
				t.Errorf("%s of %s: version %q and problem\n  %s, want %q and\n  %s", c.field, s, s.Version, s.VersionProblem, c.version, c.problem)
			}
		}
	}
	if s := sample(t, probe.HTTP(svc, "8080/tcp", "/")); s.Version != "" || s.VersionProblem != "" || s.ClockProblem != "" {
		t.Errorf("nothing was asked for, and the sample says %q, %q and %q", s.Version, s.VersionProblem, s.ClockProblem)
	}
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { say(w, "v7\nmore") })
	s := sample(t, probe.HTTP(plain, "8080/tcp", "/", probe.VersionFrom(probe.BodyField("a")), probe.ClockFrom(probe.WholeBody())))
	if s.VersionProblem != `version from "a" in the body: the body is not JSON: "v7…"` || !strings.HasPrefix(s.ClockProblem, `clock from the body: "v7…" is not a time`) {
		t.Errorf("problems %q and %q", s.VersionProblem, s.ClockProblem)
	}
}

// Versions are compared as the sample has them, so two long versions must not be cut
// to the same line.
func TestLongVersionsThatDifferAnywhereDiffer(t *testing.T) {
	noLeak(t)
	long := strings.Repeat("x", 120)
	said := ""
	svc := serve(t, func(w http.ResponseWriter, _ *http.Request) { say(w, said) })
	for _, c := range []struct {
		field     probe.Field
		one, two  string
		want      string
		different bool
	}{
		{probe.WholeBody(), "shop\nversion 1\n", "shop\nversion 2\n", "shop… (sha256 08fa31efc982)", true},
		{probe.WholeBody(), "shop\nversion 1\n", " shop\nversion 1", "shop… (sha256 08fa31efc982)", false},
		{probe.WholeBody(), "v\xfe", "v\xff", "v? (sha256 3eca5139179a)", true},
		{probe.BodyField("version"), `{"version": "` + long + `1"}`, `{"version": "` + long + `2"}`, long + "… (sha256 3b9b0f01a2f2)", true},
		{probe.BodyField("version"), `{"version": "` + long + `"}`, `{"version": "` + long + `"}`, long, false},
	} {
		p := probe.HTTP(svc, "8080/tcp", "/", probe.VersionFrom(c.field))
		said = c.one
		one := sample(t, p).Version
		said = c.two
		two := sample(t, p).Version
		if one != c.want || (one != two) != c.different {
			t.Errorf("%q has version\n  %s, want\n  %s\n%q has version\n  %s", c.one, one, c.want, c.two, two)
		}
	}
}

// A service that does not answer gives no version and no clock. That is not a problem in
// the answer.
func TestNoAnswerIsNoProblem(t *testing.T) {
	noLeak(t)
	half := listen(t, func(c *net.TCPConn) {
		hear(c)
		say(c, "HTTP/1.1 200 OK\r\nX-Version: 3\r\nContent-Length: 10\r\n\r\nhalf")
	})
	body, clock := probe.VersionFrom(probe.BodyField("version")), probe.ClockFrom(probe.HeaderField("X-Time"))
	if s := sample(t, probe.HTTP(closed(t), "8080/tcp", "/", body, clock)); s.VersionProblem+s.ClockProblem != "" || s.Class != probe.Refused {
		t.Errorf("%s has the problems %q and %q", s, s.VersionProblem, s.ClockProblem)
	}
	if s := sample(t, probe.HTTP(half, "8080/tcp", "/", body)); s.VersionProblem+s.ClockProblem != "" || s.Class != probe.Reset {
		t.Errorf("%s has the problems %q and %q", s, s.VersionProblem, s.ClockProblem)
	}
	if s := sample(t, probe.HTTP(half, "8080/tcp", "/", probe.VersionFrom(probe.HeaderField("X-Version")))); s.Version != "3" || s.Class != probe.Reset {
		t.Errorf("%s says version %q in its head", s, s.Version)
	}
}

func TestClockIsReadFromTheAnswer(t *testing.T) {
	noLeak(t)
	for name, c := range map[string]struct {
		write      func(time.Time) string
		resolution time.Duration
	}{
		"nanoseconds":        {func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000000000Z07:00") }, time.Nanosecond},
		"milliseconds":       {func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }, time.Millisecond},
		"no fraction":        {func(t time.Time) string { return t.Format(time.RFC3339) }, time.Second},
		"HTTP date":          {func(t time.Time) string { return t.UTC().Format(http.TimeFormat) }, time.Second},
		"unix":               {func(t time.Time) string { return fmt.Sprint(t.Unix()) }, time.Second},
		"unix milliseconds":  {func(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }, time.Millisecond},
		"unix microseconds":  {func(t time.Time) string { return fmt.Sprint(t.UnixMicro()) }, time.Microsecond},
		"unix nanoseconds":   {func(t time.Time) string { return fmt.Sprint(t.UnixNano()) }, time.Nanosecond},
		"unix with fraction": {func(t time.Time) string { return fmt.Sprintf("%d.%04d", t.Unix(), t.Nanosecond()/100_000) }, 100 * time.Microsecond},
	} {
		for _, skew := range []time.Duration{0, -time.Hour, 3 * time.Second} {
			svc := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				now := c.write(time.Now().Add(skew))
				w.Header().Set("X-Time", now)
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprintf(w, `{"now": %q}`, now)
			})
			for _, field := range []probe.Field{probe.HeaderField("X-Time"), probe.BodyField("now")} {
				before := time.Now()
				s := sample(t, probe.HTTP(svc, "8080/tcp", "/", probe.ClockFrom(field)))
				r := s.Clock
				if r == nil || s.ClockProblem != "" {
					t.Fatalf("%s from %s: no reading: %s", name, field, s.ClockProblem)
				}
				if r.Resolution != c.resolution {
					t.Errorf("%s from %s: resolution %s, want %s", name, field, r.Resolution, c.resolution)
				}
				if r.Sent.Before(before) || r.Received.Before(r.Sent) || r.Received.After(s.Time.Add(s.Latency)) {
					t.Errorf("%s: sent %s after the look began, received %s after that", name, r.Sent.Sub(before), r.Received.Sub(r.Sent))
				}
				// The skew is within the reading's range. The clock cuts off the digits that it
				// does not show.
				low, high := r.Skew()
				if skew < low || skew > high {
					t.Errorf("%s from %s: the skew is %s, and the reading says it is from %s to %s", name, field, skew, low, high)
				}
				if width := high - low; width > s.Latency+c.resolution {
					t.Errorf("%s from %s: the skew is known to %s in a look of %s", name, field, width, s.Latency)
				}
			}
		}
	}
}

// A body may be written long after its head was sent.
func TestAClockInTheBodyIsReadWhenTheBodyHasCome(t *testing.T) {
	svc := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		time.Sleep(30 * time.Millisecond)
		fmt.Fprint(w, time.Now().UnixNano())
	})
	s := sample(t, probe.HTTP(svc, "8080/tcp", "/", probe.ClockFrom(probe.WholeBody())))
	if low, high := s.Clock.Skew(); low > 0 || high < 0 {
		t.Errorf("the skew is 0, and the reading says it is from %s to %s", low, high)
	}
}

// The time to connect says nothing about the clock.
func TestAReadingBeginsWhenTheRequestIsSent(t *testing.T) {
	slow := &slowToFind{service: serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, time.Now().UnixNano()) })}
	before := time.Now()
	s := sample(t, probe.HTTP(slow, "8080/tcp", "/", probe.ClockFrom(probe.WholeBody())))
	if s.Clock.Sent.Sub(before) < 30*time.Millisecond {
		t.Errorf("sent %s after the look began, and it took 30ms to find the service", s.Clock.Sent.Sub(before))
	}
}

type slowToFind struct{ *service }

func (s *slowToFind) Endpoint(ctx context.Context, port string) (string, record.Way, error) {
	time.Sleep(30 * time.Millisecond)
	return s.service.Endpoint(ctx, port)
}

func TestAnUnreadableClockIsAProblem(t *testing.T) {
	for _, text := range []string{"now", "12:00:00", "170000000", "17000000000", "17e8", "-1700000000", "1700000000123.5", "17000000001234567890", "2026-13-01T00:00:00Z"} {
		svc := serve(t, func(w http.ResponseWriter, _ *http.Request) { say(w, text) })
		s := sample(t, probe.HTTP(svc, "8080/tcp", "/", probe.ClockFrom(probe.WholeBody())))
		want := fmt.Sprintf("clock from the body: %q is not a time: write an RFC 3339 time, an HTTP date, or seconds, milliseconds, microseconds or nanoseconds since 1970", text)
		if s.Clock != nil || s.ClockProblem != want || !s.Healthy() {
			t.Errorf("%q: clock %v and problem\n  %s, want\n  %s", text, s.Clock, s.ClockProblem, want)
		}
	}
}

func TestAFieldIsChecked(t *testing.T) {
	for want, field := range map[string]probe.Field{
		`read header "": not the name of a header`:                                                probe.HeaderField(""),
		`read header "X Time": not the name of a header`:                                          probe.HeaderField("X Time"),
		`read "" in the body: write keys with a dot between, as in "build.version"`:               probe.BodyField(""),
		`read "build..version" in the body: write keys with a dot between, as in "build.version"`: probe.BodyField("build..version"),
	} {
		for _, option := range []probe.HTTPOption{probe.VersionFrom(field), probe.ClockFrom(field)} {
			if s, err := probe.HTTP(closed(t), "8080/tcp", "/", option).Sample(t.Context()); err == nil || err.Error() != "probe GET http://shop:8080/: "+want {
				t.Errorf("got %s and %v, want %s", s, err, want)
			}
		}
	}
}

func TestASkewLiesBetweenTheEndsOfItsReading(t *testing.T) {
	r := probe.Reading{Sent: noon, Received: noon.Add(30 * time.Millisecond), Says: noon.Add(time.Second), Resolution: 10 * time.Millisecond}
	if low, high := r.Skew(); low != 970*time.Millisecond || high != 1010*time.Millisecond {
		t.Errorf("from %s to %s, want from 970ms to 1.01s", low, high)
	}
}
