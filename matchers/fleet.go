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

// defaultFleetMargin is more than healthy members on a busy machine differ by for long.
const defaultFleetMargin = MarginOption(0.25)

// fewest is how many members an outlier test needs.
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
	options, missing := withoutNil(options)
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

// fleetOf returns the fleet that a matcher judges.
func fleetOf(actual any) (*probe.FleetWindow, error) {
	f, ok := actual.(*probe.FleetWindow)
	if !ok || f == nil {
		return nil, fmt.Errorf("the matcher expects a *probe.FleetWindow, such as Load returns for a probe.FleetOf.  Got:\n%s", typeOf(actual))
	}
	if err := f.Validate(); err != nil {
		return nil, ofWindow(f.Probe(), err)
	}
	return f, nil
}

// comparedMembers are the members that are compared with each other. It checks that the
// fleet has the members that the call names.
func (t *fleetTest) comparedMembers(f *probe.FleetWindow) ([]probe.Member, error) {
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
		return nil, fmt.Errorf("the fleet has %d members: at least three are needed, because two members cannot show which one is the outlier", len(all))
	}
	return nil, fmt.Errorf("Except leaves %d of %d members: at least three are needed, because two members cannot show which one is the outlier", len(left), len(all))
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

// changedOptions names the options that differ from the defaults, so that the record keeps
// judgements with different options apart.
func (t *fleetTest) changedOptions() string {
	changes := ""
	if t.byRank {
		changes = " by rank"
	}
	if t.margin != defaultFleetMargin || t.floor != defaultFloor {
		changes += fmt.Sprintf(" beyond %s and %s", units.Chosen(float64(t.margin)), time.Duration(t.floor))
	}
	return changes + t.alpha.changedOptions()
}

// FailureMessage says which members differ, and how.
func (t *fleetTest) FailureMessage(actual any) string { return t.message(actual, "to ") }

// NegatedFailureMessage says the same.
func (t *fleetTest) NegatedFailureMessage(actual any) string { return t.message(actual, "not to ") }

func (t *fleetTest) message(actual any, to string) string {
	f, err := fleetOf(actual)
	if err != nil || t.invalid != nil {
		return wrongMessage(actual, to+t.phrase)
	}
	text := "Expected\n" + format.IndentString(f.String(), 1) + "\n" + to + t.phrase
	s, err := t.look(f)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+s.text(), f.Judged(t.matcher, t.short, s.judgement), s.outcome())
}
