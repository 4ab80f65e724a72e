package probe

import (
	"fmt"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Class is how a sample ended. The classes are stable, because records have them.
type Class = look.Class

// The classes of samples.
const (
	// OK: the service answered as expected.
	OK = look.OK
	// TimedOut: there was no complete answer within the probe's timeout.
	TimedOut = look.TimedOut
	// Refused: nothing listens on the port.
	Refused = look.Refused
	// Reset: the connection was reset or closed before the answer was complete.
	Reset = look.Reset
	// Unreachable: there is no route to the service, or its name does not resolve.
	Unreachable = look.Unreachable
	// Status3xx to Status5xx: an unexpected HTTP status, by its first digit.
	// StatusOther is any other unexpected status, such as 204 instead of 200.
	Status3xx   = look.Status3xx
	Status4xx   = look.Status4xx
	Status5xx   = look.Status5xx
	StatusOther = look.StatusOther
	// Garbled: the answer breaks the protocol.
	Garbled = look.Garbled
	// ExitCode: the command ended with an exit code other than 0.
	ExitCode = look.ExitCode
	// NotRunning: the service's container does not run.
	NotRunning = look.NotRunning
)

// Sample is one look at a service.
type Sample struct {
	// Probe names the probe.
	Probe string
	// Time is the intended start. Latency counts from the real start, Lag later, to the end of
	// the answer. A load never waits for answers, so a slow service makes no sample start late.
	Time    time.Time
	Latency time.Duration
	// Lag is how much later than intended the load generator itself started the probe, because
	// this machine was busy. It says nothing about the service.
	Lag   time.Duration
	Class Class
	// Detail says in words what came back.
	Detail string
	// Way is how the probe reached the service; empty if it did not look over the
	// network.
	Way record.Way
	// Version is the service's version, if the probe asks for it with VersionFrom. It
	// is one line of at most 120 characters. A longer version is cut and ends with a
	// digest of the whole, "shop… (sha256 1a2b3c4d5e6f)", so that different versions
	// always differ here.
	Version string
	// Clock is the service's clock, if the probe asks for it with ClockFrom.
	Clock *Reading
	// VersionProblem and ClockProblem say why the version or the clock could not be
	// read from the answer. They are empty if it could, and if no complete answer came.
	VersionProblem, ClockProblem string
	// LastHealthy is the start of the latest healthy sample of the same probe that had
	// ended before this sample started. It is zero if there was none.
	LastHealthy time.Time

	recorder Recorder
}

// Reading is a look at another clock.
type Reading struct {
	// Sent is just before the request was sent, and Received is just after the answer
	// came, by this process's clock. The other clock was read between the two.
	Sent, Received time.Time
	// Says is what the other clock said, to its Resolution: the clock was at Says or
	// later, and before Says + Resolution.
	Says       time.Time
	Resolution time.Duration
}

// Skew is how far the other clock is ahead of this process's clock, or behind if
// negative: at least low and at most high. With several readings of one clock, the skew
// is in the part that all their ranges share.
func (r Reading) Skew() (low, high time.Duration) {
	// Round(0) removes the monotonic clock: both sides use the wall clock.
	return r.Says.Sub(r.Received.Round(0)), r.Says.Add(r.Resolution).Sub(r.Sent.Round(0))
}

// Healthy reports whether the service answered as expected.
func (s Sample) Healthy() bool { return s.Class == OK }

// End is when the answer was complete, or the probe gave up.
func (s Sample) End() time.Time { return s.Time.Add(s.Lag + s.Latency) }

// Answered reports whether a complete answer came, healthy or not. From such an answer
// a version and a clock can be read.
func (s Sample) Answered() bool {
	switch s.Class {
	case OK, Status3xx, Status4xx, Status5xx, StatusOther, ExitCode:
		return true
	}
	return false
}

// Judged records a matcher's judgement on the sample, if the probe's service is a
// Recorder, and returns the judgement's ID.
func (s Sample) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	if s.recorder == nil {
		return record.NewID("j")
	}
	return s.recorder.Judged(s.Probe, matcher, objective, judgement)
}

// String describes the sample in one line: "GET http://shop:8080/checkout: 503 Service
// Unavailable in 12ms (status 5xx)".
func (s Sample) String() string {
	return s.Probe + ": " + s.Outcome()
}

// check refuses what cannot have been measured.
func (s *Sample) check() error {
	if s.Latency < 0 {
		return fmt.Errorf("the sample meant for %s took %s: a latency is not negative: measure with a clock that does not go back, as time.Since does",
			s.Time.Format(clockTime), s.Latency)
	}
	return nil
}

// Outcome is String without the probe: "503 Service Unavailable in 12ms (status 5xx)".
func (s Sample) Outcome() string {
	detail := s.Detail
	if detail == "" {
		detail = string(s.Class)
	}
	return fmt.Sprintf("%s in %s (%s)", detail, units.Round(s.Latency), s.Class)
}

// GomegaString is how failure messages print the sample.
func (s Sample) GomegaString() string { return s.String() }

// excerpt is the first line of a text, cut to the length that fits a message.
func excerpt(text string) string {
	const most = 120
	line, _, more := strings.Cut(strings.TrimSpace(strings.ToValidUTF8(text, "?")), "\n")
	if runes := []rune(line); len(runes) > most {
		line, more = string(runes[:most]), true
	}
	if more {
		line = strings.TrimSpace(line) + "…"
	}
	return line
}
