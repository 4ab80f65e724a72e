package matchers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// ExceptOption leaves members of a fleet out. It comes from Except.
type ExceptOption []string

// Except leaves members out, such as the one that a fault was injected on. They are
// not judged, and other members are not compared with them. Two members must remain
// for clocks and versions, and three for outliers.
func Except(members ...string) ExceptOption { return members }

func (e ExceptOption) applyFleet(t *fleetTest) { t.except = append(t.except, e...) }

// ClockOption changes whose clocks are compared: Except is one.
type ClockOption interface{ applyClock(*agreeOnClock) }

func (e ExceptOption) applyClock(a *agreeOnClock) { a.except = append(a.except, e...) }

// VersionOption changes whose versions are compared: Except is one.
type VersionOption interface{ applyVersion(*sameVersion) }

func (e ExceptOption) applyVersion(v *sameVersion) { v.except = append(v.except, e...) }

// judged returns the members that remain, at least two.
func judged(f *probe.FleetWindow, except []string) ([]probe.Member, error) {
	if err := known(f, except...); err != nil {
		return nil, err
	}
	left := without(f.Members(), except)
	if len(left) < 2 {
		return nil, fmt.Errorf("%d of %d members are left to compare: at least two are needed", len(left), len(f.Members()))
	}
	return left, nil
}

func without(members []probe.Member, except []string) []probe.Member {
	return slices.DeleteFunc(members, func(m probe.Member) bool { return slices.Contains(except, m.Name) })
}

// known checks that the fleet has members of these names.
func known(f *probe.FleetWindow, asked ...string) error {
	names := namesOf(f.Members())
	for _, name := range asked {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the fleet has no member %q: it has %q", name, names)
		}
	}
	return nil
}

// exceptCall is the call that leaves these members out.
func exceptCall(members []string) string {
	quoted := make([]string, len(members))
	for i, name := range members {
		quoted[i] = strconv.Quote(name)
	}
	return "Except(" + strings.Join(quoted, ", ") + ")"
}

// itOrThem is the pronoun for these members.
func itOrThem(members []string) string {
	if len(members) == 1 {
		return "it"
	}
	return "them"
}

// exceptText says which members were left out. It follows a phrase.
func exceptText(except []string) string {
	if len(except) == 0 {
		return ""
	}
	return " except " + strings.Join(except, ", ")
}
