package probe_test

import (
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

func TestAProblemIsOfTheVersionOrOfTheClock(t *testing.T) {
	const version, clock = "version from header X-Version: the answer says none", "clock from header Date: the answer says none"
	read := &probe.Reading{}
	for _, c := range []struct {
		sample             probe.Sample
		ofVersion, ofClock string
	}{
		{probe.Sample{}, "", ""},
		{probe.Sample{Problem: version}, version, ""},
		{probe.Sample{Problem: clock}, "", clock},
		{probe.Sample{Problem: version + "; " + clock}, version, clock},
		{probe.Sample{Version: "1", Problem: clock}, "", clock},
		{probe.Sample{Clock: read, Problem: version}, version, ""},
		{probe.Sample{Problem: "of some other probe"}, "of some other probe", "of some other probe"},
		{probe.Sample{Version: "1", Clock: read, Problem: "of some other probe"}, "", ""},
	} {
		if v, k := c.sample.VersionProblem(), c.sample.ClockProblem(); v != c.ofVersion || k != c.ofClock {
			t.Errorf("%+v: of the version %q and of the clock %q, want %q and %q", c.sample, v, k, c.ofVersion, c.ofClock)
		}
	}
}

func TestOnlyAWholeAnswerIsOne(t *testing.T) {
	for class, want := range map[probe.Class]bool{
		probe.OK: true, probe.Status3xx: true, probe.Status4xx: true, probe.Status5xx: true, probe.StatusOther: true, probe.ExitCode: true,
		probe.TimedOut: false, probe.Refused: false, probe.Reset: false, probe.Unreachable: false, probe.Garbled: false, probe.NotRunning: false, "": false,
	} {
		if got := (probe.Sample{Class: class}).Answered(); got != want {
			t.Errorf("%q: %v, want %v", class, got, want)
		}
	}
}
