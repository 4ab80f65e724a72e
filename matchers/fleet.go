package matchers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// defaultFleetMargin is more than members on a busy machine differ by for long.
const defaultFleetMargin = MarginOption(0.25)

// fewest is how many members must be left to judge.
const fewest = 3

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
	kinds   []OutlierKind
	byRank  bool
	invalid error
	decide  func(fleetFinding) record.Outcome
}

func newFleetTest(matcher, phrase, short string, options []FleetOption) *fleetTest {
	t := &fleetTest{matcher: matcher, phrase: phrase, short: short, alpha: DefaultAlpha, margin: defaultFleetMargin, floor: defaultFloor}
	options, missing := given(options)
	for _, option := range options {
		option.applyFleet(t)
	}
	t.invalid = errors.Join(missing, t.alpha.validate(), t.margin.validate(), t.floor.validate())
	if t.byRank && slices.Contains(t.kinds, Faster) {
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
	id := f.Judged(t.matcher, t.short, s.judgement)
	return answer(id, s.outcome(), f.Final(), func() string { return s.text() + "\n" + f.String() })
}

// fleetOf is the fleet that a matcher was given.
func fleetOf(actual any) (*probe.FleetWindow, error) {
	f, ok := actual.(*probe.FleetWindow)
	if !ok || f == nil {
		return nil, fmt.Errorf("the matcher expects a *probe.FleetWindow, such as Load returns for a probe.FleetOf.  Got:\n%s", format.Object(actual, 1))
	}
	if err := f.Validate(); err != nil {
		return nil, of(f.Probe(), err)
	}
	return f, nil
}

// left is the members that are judged, with each other as peers. Those that are
// named in the call must be among the fleet's.
func (t *fleetTest) left(f *probe.FleetWindow) ([]probe.Member, error) {
	asked := t.except
	if t.member != "" {
		asked = append([]string{t.member}, asked...)
	}
	if err := known(f, asked...); err != nil {
		return nil, err
	}
	all := f.Members()
	left := without(f.Members(), t.except)
	switch {
	case len(left) >= fewest:
		return left, nil
	case len(left) == len(all):
		return nil, fmt.Errorf("the fleet has %d members: at least three are needed, since of two nobody can say which one is the outlier", len(all))
	}
	return nil, fmt.Errorf("Except leaves %d of %d members: at least three are needed, since of two nobody can say which one is the outlier", len(left), len(all))
}

// kindsText is "slower or failing".
func (t *fleetTest) kindsText() string {
	words := make([]string, len(t.kinds))
	for i, kind := range t.kinds {
		words[i] = string(kind)
	}
	return strings.Join(words, " or ")
}

func namesOf(members []probe.Member) []string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	return names
}

// unusual says what was asked for in place of the defaults, so that one record tells
// such a judgement from a usual one.
func (t *fleetTest) unusual() string {
	said := ""
	if t.byRank {
		said = " by rank"
	}
	if t.margin != defaultFleetMargin || t.floor != defaultFloor {
		said += fmt.Sprintf(" beyond %s and %s", units.Chosen(float64(t.margin)), time.Duration(t.floor))
	}
	return said + t.alpha.unusual()
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
	s, err := t.look(f)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+s.text(), f.Judged(t.matcher, t.short, s.judgement), s.outcome())
}
