package matchers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/matchers/probe"
)

// ExceptOption leaves members of a fleet out. It comes from Except.
type ExceptOption []string

// Except leaves members out of what is judged, such as the one that a fault was
// injected on. To HaveNoOutliers they still are peers of the others, of which one at
// least must be left; of clocks and versions they have no part, and two must be left.
func Except(members ...string) ExceptOption { return members }

func (e ExceptOption) applyFleet(t *fleetTest) { t.except = append(t.except, e...) }

// ClockOption changes whose clocks are compared: Except is one.
type ClockOption interface{ applyClock(*agreeOnClock) }

func (e ExceptOption) applyClock(a *agreeOnClock) { a.except = append(a.except, e...) }

// VersionOption changes whose versions are compared: Except is one.
type VersionOption interface{ applyVersion(*sameVersion) }

func (e ExceptOption) applyVersion(v *sameVersion) { v.except = append(v.except, e...) }

// judged is the members that are left, two at least.
func judged(f *probe.FleetWindow, except []string) ([]probe.Member, error) {
	if err := known(f, except...); err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(f.Members(), func(m probe.Member) bool { return slices.Contains(except, m.Name) })
	if len(left) < 2 {
		return nil, fmt.Errorf("%d of %d members are left to compare: at least two are needed", len(left), len(f.Members()))
	}
	return left, nil
}

// known checks that the fleet has members of these names.
func known(f *probe.FleetWindow, asked ...string) error {
	names := namesOf(f)
	for _, name := range asked {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the fleet has no member %q: it has %q", name, names)
		}
	}
	return nil
}

// exceptText says who was left out, after a phrase.
func exceptText(except []string) string {
	if len(except) == 0 {
		return ""
	}
	return " except " + strings.Join(except, ", ")
}
