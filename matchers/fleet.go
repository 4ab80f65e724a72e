package matchers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
)

// defaultFleetMargin is more than members on a busy machine differ by for long.
const defaultFleetMargin = MarginOption(0.25)

// forLatency is the part of alpha that latencies have, and errors have the rest:
// every request tells of errors, and only every window of latencies.
const forLatency = 0.97

// fleetTest is what HaveNoOutliers and HaveOutlier have in common.
type fleetTest struct {
	matcher string
	phrase  string // "have no outliers"
	short   string
	member  string // the one that HaveOutlier is about
	alpha   AlphaOption
	margin  MarginOption
	floor   FloorOption
	except  []string
	ways    []Way
	byRank  bool
	invalid error
	decide  func(sighting) record.Outcome
}

func newFleetTest(matcher, phrase, short string, options []FleetOption) *fleetTest {
	t := &fleetTest{matcher: matcher, phrase: phrase, short: short, alpha: DefaultAlpha, margin: defaultFleetMargin, floor: defaultFloor}
	for _, option := range options {
		option.applyFleet(t)
	}
	t.invalid = errors.Join(t.alpha.validate(), t.margin.validate(), t.floor.validate())
	if t.byRank && slices.Contains(t.ways, Faster) {
		t.invalid = errors.New("ByRank finds slower members only: leave ByRank or Faster out")
	}
	return t
}

// Match judges a *probe.FleetWindow, and hands it the judgement for the record.
func (t *fleetTest) Match(actual any) (bool, error) {
	f, err := fleetOf(actual)
	if err == nil {
		err = t.invalid
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", t.matcher, err)
	}
	s, err := t.look(f)
	if err != nil {
		return false, fmt.Errorf("%s: %w", t.matcher, err)
	}
	f.Judged(t.matcher, t.short, s.judgement)
	return rule(s.outcome(), f.Final(), func() string { return s.text() + "\n" + f.String() })
}

// fleetOf is the fleet that a matcher was given.
func fleetOf(actual any) (*probe.FleetWindow, error) {
	f, ok := actual.(*probe.FleetWindow)
	if !ok || f == nil {
		return nil, fmt.Errorf("the matcher expects a *probe.FleetWindow, such as LoadFleet returns.  Got:\n%s", format.Object(actual, 1))
	}
	return f, nil
}

// check is that the fleet has the members that are named in the call, and one at
// least to judge. The excepted are peers of it still.
func (t *fleetTest) check(f *probe.FleetWindow) error {
	if t.member != "" {
		return known(f, t.member)
	}
	if err := known(f, t.except...); err != nil {
		return err
	}
	names := namesOf(f)
	if !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(t.except, name) }) {
		return fmt.Errorf("0 of %d members are left to judge: at least one is needed", len(names))
	}
	return nil
}

// waysText is "slower or failing".
func (t *fleetTest) waysText() string {
	words := make([]string, len(t.ways))
	for i, way := range t.ways {
		words[i] = string(way)
	}
	return strings.Join(words, " or ")
}

func namesOf(f *probe.FleetWindow) []string {
	members := f.Members()
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	return names
}

// FailureMessage says who differs, and in what.
func (t *fleetTest) FailureMessage(actual any) string { return t.message(actual, "to ") }

// NegatedFailureMessage says the same.
func (t *fleetTest) NegatedFailureMessage(actual any) string { return t.message(actual, "not to ") }

func (t *fleetTest) message(actual any, to string) string {
	f, err := fleetOf(actual)
	if err != nil || t.invalid != nil {
		return format.Message(actual, to+t.phrase)
	}
	text := "Expected\n" + format.IndentString(f.String(), 1) + "\n" + to + t.phrase
	if s, err := t.look(f); err == nil {
		text += "\nbut " + s.text()
	}
	return text
}
