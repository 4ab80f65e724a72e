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

// text says who differs and how that shows, or what is missing to tell.
func (s sighting) text() string {
	var said []string
	for _, d := range s.named {
		said = append(said, s.says(d))
	}
	switch outcome := s.outcome(); {
	case outcome == record.Undecided:
		said = append([]string{"undecided: " + s.lacks()}, said...)
	case !slices.ContainsFunc(s.named, s.asks):
		said = append([]string{fmt.Sprintf("%s in %s of %s", s.nobody(), windows(s.latency.Windows()), s.f.Width())}, said...)
	}
	return strings.Join(said, "; ")
}

// nobody says of whom it is known that they are no outliers.
func (s sighting) nobody() string {
	switch {
	case s.member == "":
		return "no member" + exceptText(s.except) + " is an outlier"
	case len(s.ways) == 0:
		return s.member + " is no outlier"
	}
	return s.member + " is not " + s.waysText()
}

// says is the evidence of one deviation, in words.
func (s sighting) says(d deviation) string {
	name := s.names[d.member]
	var what string
	switch {
	case d.way == Failing:
		what = fmt.Sprintf("%d of the fleet's %d errors are its own, and %d of %d requests",
			s.errors.Errors(d.member), total(s.errors.Errors, len(s.names)), s.errors.Requests(d.member), total(s.errors.Requests, len(s.names)))
	case s.byRank:
		what = fmt.Sprintf("it was the slowest of all in %d of %s", s.latency.Count(d.member, stats.Slower), windows(s.latency.Windows()))
	default:
		tail, than := tailOf(d.way), "above"
		if tail == stats.Faster {
			than = "below"
		}
		what = fmt.Sprintf("its median was %s its peers' by more than %s and %s in %d of %s, as a rule %s against %s",
			than, units.Chosen(float64(s.margin)), time.Duration(s.floor), s.latency.Count(d.member, tail), windows(s.latency.Windows()),
			s.usual(d.member, tail, true), s.usual(d.member, tail, false))
	}
	return fmt.Sprintf("%s is %s: %s (e-value %s)", name, d.way, what, exponential(d.logE))
}

func total(of func(int) int, members int) int {
	sum := 0
	for i := range members {
		sum += of(i)
	}
	return sum
}

// usual is the median over all windows of a member's medians, or of all its peers':
// of two in the middle the one that the test takes of peers, the lower one where it
// looks for faster members.
func (s sighting) usual(member int, tail stats.Tail, own bool) time.Duration {
	var all []float64
	for _, row := range s.f.Medians() {
		for i, v := range s.judged(row) {
			if (i == member) == own {
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
