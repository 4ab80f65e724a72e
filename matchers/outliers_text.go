package matchers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// text says which members differ and how that shows, or what is needed to decide.
func (s fleetFinding) text() string {
	var texts []string
	for _, d := range s.named {
		texts = append(texts, s.describe(d))
	}
	switch outcome := s.outcome(); {
	case outcome == record.Undecided:
		texts = append([]string{"undecided: " + s.missing()}, texts...)
	case !slices.ContainsFunc(s.named, s.isAsked):
		texts = append([]string{fmt.Sprintf("%s in %s of %s", s.cleared(), windows(s.latency.Windows()), s.f.Width())}, texts...)
	}
	return strings.Join(texts, "; ")
}

// cleared says who is no outlier.
func (s fleetFinding) cleared() string {
	switch {
	case s.member == "":
		return "no member" + exceptText(s.except) + " is an outlier"
	case len(s.kinds) == 0:
		return s.member + " is no outlier"
	}
	return s.member + " is not " + s.kindsText()
}

// describe puts the evidence of one deviation into words.
func (s fleetFinding) describe(d deviation) string {
	name := s.names[d.member]
	var what string
	switch {
	case d.kind == Failing:
		what = fmt.Sprintf("%d of the fleet's %d errors are its own, and %d of %d requests",
			s.errors.Errors(d.member), total(s.errors.Errors, len(s.names)), s.errors.Requests(d.member), total(s.errors.Requests, len(s.names)))
	case s.byRank:
		what = fmt.Sprintf("it was the slowest of all in %d of %s", s.latency.Count(d.member, stats.Slower), windows(s.latency.Windows()))
	default:
		tail, than := tailOf(d.kind), "above"
		if tail == stats.Faster {
			than = "below"
		}
		what = fmt.Sprintf("its median was %s its peers' by more than %s and %s in %d of %s, typically %s against %s",
			than, units.Chosen(float64(s.margin)), time.Duration(s.floor), s.latency.Count(d.member, tail), windows(s.latency.Windows()),
			s.typical(d.member, tail, true), s.typical(d.member, tail, false))
	}
	return fmt.Sprintf("%s is %s: %s (e-value %s)", name, d.kind, what, exponential(d.logE))
}

func total(of func(int) int, members int) int {
	sum := 0
	for i := range members {
		sum += of(i)
	}
	return sum
}

// typical is the median of a member's medians over all windows, or of all its peers'.
// With an even number it takes the one of the two middle values that the test takes: the
// lower one for faster members, and the higher one otherwise.
func (s fleetFinding) typical(member int, tail stats.Tail, ofMember bool) time.Duration {
	var all []float64
	for _, row := range s.f.Medians() {
		for i, v := range s.judged(row) {
			if (i == member) == ofMember {
				all = append(all, v)
			}
		}
	}
	slices.Sort(all)
	middle := len(all) / 2
	if tail == stats.Faster {
		middle = (len(all) - 1) / 2
	}
	return units.Round(fromSeconds(all[middle]))
}

// missing says what is needed to decide. Of the open deviations that were asked about it
// takes the one with the most evidence.
func (s fleetFinding) missing() string {
	if s.tooFewHealthy() {
		return fmt.Sprintf("%d of %d members failed most of their %s, so there are too few healthy peers to compare a member with: "+
			"see first why they fail, with KeepErrorRateBelow on the window of one", s.mostlyFailing(), len(s.members), requests(s.f.N()))
	}
	d := s.open[slices.IndexFunc(s.open, s.isAsked)]
	text := fmt.Sprintf("whether %s is %s is open after %s of %s and %s to each member",
		s.names[d.member], d.kind, windows(s.latency.Windows()), s.f.Width(), requests(s.f.N()))
	if others := s.hiding(d); len(others) > 0 {
		return fmt.Sprintf("%s: the errors of %s hide its own: leave %s out with %s", text, names(others), itOrThem(others), exceptCall(others))
	}
	if needs, err := s.needs(d); err == nil {
		text += ": " + needs
	}
	return text + ": load for longer"
}

// hiding returns the failing members whose errors hide those of this one.
func (s fleetFinding) hiding(d deviation) []string {
	if d.kind != Failing || !s.errors.Cleared(d.member, float64(s.alpha)) {
		return nil
	}
	var failing []string
	for _, other := range s.named {
		if other.kind == Failing {
			failing = append(failing, s.names[other.member])
		}
	}
	if len(s.names)-len(failing) < fewest {
		return nil // too few members would remain to compare it with
	}
	return failing
}

// needs says how many windows or requests suffice, including those so far.
func (s fleetFinding) needs(d deviation) (string, error) {
	beyond := s.margins.Count(d.member, tailOf(d.kind))
	switch {
	case d.kind == Failing && total(s.errors.Errors, len(s.names)) > 0:
		n, err := s.errors.RequestsToClear(d.member, float64(s.alpha))
		return fmt.Sprintf("%d of %s's requests failed, and %s clear it if no more fail", s.errors.Errors(d.member), s.names[d.member], requests(n)), err
	case d.kind == Failing || beyond == 0:
		return s.needsFromTheStart()
	}
	clear, err := s.margins.WindowsToClear(d.member, tailOf(d.kind), float64(s.alpha))
	if err != nil {
		return "", err
	}
	flag, err := s.latency.WindowsToFlag(d.member, tailOf(d.kind), s.latencyAlpha())
	if s.byRank {
		return fmt.Sprintf("%s was beyond the margin in %d of the windows and the slowest of all in %d, %d windows clear it if it is beyond the margin in no more, and %d name it if it is the slowest in all to come",
			s.names[d.member], beyond, s.latency.Count(d.member, stats.Slower), clear, flag), err
	}
	return fmt.Sprintf("%s was beyond the margin in %d of the windows, %d windows clear it if it is in no more, and %d name it if it is in all to come",
		s.names[d.member], beyond, clear, flag), err
}

// needsFromTheStart says what suffices for a member without any deviation so far.
func (s fleetFinding) needsFromTheStart() (string, error) {
	toFlag := stats.WindowsToFlag
	if s.byRank {
		toFlag = stats.WindowsToFlagByRank
	}
	flag, err := toFlag(len(s.names), s.latencyAlpha())
	if err != nil {
		return "", err
	}
	clear, err := stats.WindowsToClear(float64(s.alpha))
	if err != nil {
		return "", err
	}
	n, err := stats.RequestsToClear(float64(s.alpha))
	return fmt.Sprintf("%s and %s clear a member that is like its peers, and %s name one that is not", windows(clear), requests(n), windows(flag)), err
}
