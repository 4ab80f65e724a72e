package matchers

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// AgreeOnClock succeeds when no two members of a *probe.FleetWindow can have clocks that
// differ by more than within, which is above 0. The probe must read the time of each answer:
//
//	probe.HTTP(s, "8080/tcp", "/work", probe.ClockFrom(probe.HeaderField("Date")))
//	...
//	Expect(seen).To(AgreeOnClock(2 * time.Second))
//
// It is undecided while answers take too long, while times are too coarse (a Date header has
// whole seconds), or while a member has not answered. A member whose answers contain no
// readable time is an error. Containers on one host share its clock.
func AgreeOnClock(within time.Duration, options ...ClockOption) types.GomegaMatcher {
	a := &agreeOnClock{within: within}
	options, a.invalid = withoutNil(options)
	for _, option := range options {
		option.applyClock(a)
	}
	return a
}

type agreeOnClock struct {
	within  time.Duration
	except  []string
	invalid error
}

func (a *agreeOnClock) Match(actual any) (bool, error) {
	f, err := fleetOf(actual)
	if err == nil {
		err = a.invalid
	}
	if err != nil {
		return false, fmt.Errorf("AgreeOnClock: %w", err)
	}
	v, err := a.look(f)
	if err != nil {
		return false, fmt.Errorf("AgreeOnClock: %w", err)
	}
	return answer(a.judged(f, v), v.outcome, f.Final(), func() string { return v.text + "\n" + f.String() })
}

// judged leaves the judgement with the fleet's record.
func (a *agreeOnClock) judged(f *probe.FleetWindow, found clocks) (id string) {
	return f.Judged("AgreeOnClock", a.short(), func() record.Judgement { return found.judgement(f, a.within) })
}

func (a *agreeOnClock) short() string {
	return "clocks within " + a.within.String() + exceptText(a.except)
}

// clocks is what was found.
type clocks struct {
	outcome record.Outcome
	text    string
	least   time.Duration
}

func (c clocks) judgement(f *probe.FleetWindow, within time.Duration) record.Judgement {
	return record.Judgement{
		Outcome: c.outcome, Value: record.Float(c.least.Seconds()), Threshold: record.Float(within.Seconds()),
		Samples: f.N() * len(f.Members()), Alpha: record.Float(nan), LogE: record.Float(nan), Text: c.text,
	}
}

func (a *agreeOnClock) look(f *probe.FleetWindow) (clocks, error) {
	if a.within <= 0 {
		return clocks{}, fmt.Errorf("within %s: must be above 0: no two clocks are read at the same time", a.within)
	}
	members, err := judged(f, a.except)
	if err != nil {
		return clocks{}, err
	}
	var offsets []stats.Offset
	var answered []probe.Member
	var silent []string
	var problem error // of the first member whose answers contain no time
	for _, m := range members {
		r := probe.Fold(m.Window, clockKey{}, func() reading { return reading{} }, read)
		switch {
		case r.stepped:
			return clocks{outcome: record.Violated, text: m.Name + "'s clock was set, or stepped, while it was read: its times fit no single offset"}, nil
		case r.problem != "", r.n == 0 && r.proxyProblem != "":
			if problem == nil {
				problem = fmt.Errorf("%s: %s", m.Name, cmp.Or(r.problem, r.proxyProblem))
			}
		case r.n > 0:
			offsets, answered = append(offsets, r.offset), append(answered, m)
		case r.notRead:
			return clocks{}, fmt.Errorf("%s answers, but none of its answers contains a time: let the probe read it, with probe.ClockFrom(probe.HeaderField(\"Date\"))", m.Name)
		default:
			silent = append(silent, m.Name)
		}
	}
	var found clocks
	if len(answered) > 1 {
		agreement, err := stats.Agree(offsets, a.within)
		if err != nil {
			return clocks{}, err
		}
		found = a.describe(answered, offsets, agreement)
	}
	// Two members that differ still differ when the others answer.
	switch {
	case found.outcome == record.Violated:
	case problem != nil:
		return clocks{}, problem
	case len(silent) > 0:
		return clocks{outcome: record.Undecided, text: silentText(silent, members, "time"), least: found.least}, nil
	}
	return found, nil
}

func (a *agreeOnClock) describe(members []probe.Member, offsets []stats.Offset, agreement stats.ClockAgreement) clocks {
	c := clocks{outcome: record.Undecided, least: agreement.Least}
	switch {
	case agreement.Agreed:
		c.outcome, c.text = record.Kept, fmt.Sprintf("no two clocks can differ by more than %s", units.Round(agreement.Most))
	case agreement.Disagreed:
		c.outcome = record.Violated
		var parts []string
		for _, skew := range agreement.Skewed {
			direction := "ahead of"
			if skew.By < 0 {
				direction = "behind"
			}
			parts = append(parts, fmt.Sprintf("%s is %s the others by at least %s", members[skew.Member].Name, direction, units.Round(skew.By.Abs())))
		}
		if len(parts) == 0 {
			parts = agreement.Warnings
		}
		c.text = strings.Join(parts, "; ")
	default:
		widest := 0
		for i, o := range offsets {
			if o.Width() > offsets[widest].Width() {
				widest = i
			}
		}
		c.text = fmt.Sprintf("undecided: clocks may differ by %s: that of %s is known to %s only: ask it for a finer time, or over a faster path",
			units.Round(agreement.Most), members[widest].Name, units.Round(offsets[widest].Width()))
	}
	return c
}

func (a *agreeOnClock) FailureMessage(actual any) string { return a.message(actual, "to ") }

func (a *agreeOnClock) NegatedFailureMessage(actual any) string { return a.message(actual, "not to ") }

func (a *agreeOnClock) message(actual any, to string) string {
	phrase := to + "agree on the clock within " + a.within.String() + exceptText(a.except)
	f, err := fleetOf(actual)
	if err != nil {
		return wrongMessage(actual, phrase)
	}
	text := "Expected\n" + format.IndentString(f.String(), 1) + "\n" + phrase
	c, err := a.look(f)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+c.text, a.judged(f, c), c.outcome)
}
