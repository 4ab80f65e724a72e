package matchers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// text says who differs and how that shows, or what is missing to tell.
func (s sighting) text() string {
	var said []string
	for _, d := range s.named {
		said = append(said, s.says(d))
	}
	undecided := s.outcome() == record.Undecided
	switch {
	case undecided:
		said = append([]string{"undecided: " + s.lacks()}, said...)
	case len(said) == 0:
		said = append(said, fmt.Sprintf("no member is an outlier in %s of %s", windows(s.latency.Windows()), s.f.Width()))
	}
	return strings.Join(said, "; ")
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
		tail, than := stats.Slower, "above"
		if d.way == Faster {
			tail, than = stats.Faster, "below"
		}
		what = fmt.Sprintf("its median was %s its peers' by more than %s and %s in %d of %s, as a rule %s against %s",
			than, percent(float64(s.margin)), time.Duration(s.floor), s.latency.Count(d.member, tail), windows(s.latency.Windows()),
			s.usual(d.member, true), s.usual(d.member, false))
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

// usual is the median over all windows of a member's medians, or of all its peers'.
func (s sighting) usual(member int, own bool) time.Duration {
	var all []float64
	for _, row := range s.f.Medians() {
		for i, v := range row {
			if (i == member) == own {
				all = append(all, v)
			}
		}
	}
	slices.Sort(all)
	return probe.Round(time.Duration(all[len(all)/2] * float64(time.Second)))
}

// lacks says what is missing to decide.
func (s sighting) lacks() string {
	open := s.open
	if s.member != "" {
		open = slices.DeleteFunc(slices.Clone(open), func(d deviation) bool { return s.names[d.member] != s.member })
	}
	d := open[0]
	text := fmt.Sprintf("whether %s is %s is open after %s of %s and %d requests to each member",
		s.names[d.member], d.way, windows(s.latency.Windows()), s.f.Width(), s.f.N())
	flag, errFlag := stats.WindowsToFlag(len(s.names), float64(s.alpha)*forLatency)
	clear, errClear := stats.WindowsToClear(float64(s.alpha))
	requests, errRequests := stats.RequestsToClear(float64(s.alpha))
	if errFlag == nil && errClear == nil && errRequests == nil {
		text += fmt.Sprintf(": %d windows and %d requests clear a member that is like its peers, and %d windows name one that is not", clear, requests, flag)
	}
	return text + ": load for longer"
}

func windows(n int) string {
	if n == 1 {
		return "1 window"
	}
	return fmt.Sprintf("%d windows", n)
}
