package matchers

import (
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// lacks says what is missing to decide: of what was asked, that which has most
// evidence is open.
func (s sighting) lacks() string {
	d := s.open[slices.IndexFunc(s.open, s.asks)]
	text := fmt.Sprintf("whether %s is %s is open after %s of %s and %d requests to each member",
		s.names[d.member], d.way, windows(s.latency.Windows()), s.f.Width(), s.f.N())
	if needs, err := s.needs(d); err == nil {
		text += ": " + needs
	}
	return text + ": load for longer"
}

// needs says how many windows or requests will do, with those that there are.
func (s sighting) needs(d deviation) (string, error) {
	beyond := s.margins.Count(d.member, tailOf(d.way))
	switch {
	case d.way == Failing && total(s.errors.Errors, len(s.names)) > 0:
		requests, err := s.errors.RequestsToClear(d.member, float64(s.alpha))
		return fmt.Sprintf("%d of %s's requests failed, and %d requests clear it if no more fail", s.errors.Errors(d.member), s.names[d.member], requests), err
	case d.way == Failing || beyond == 0:
		return s.needsFromTheStart()
	}
	clear, err := s.margins.WindowsToClear(d.member, tailOf(d.way), float64(s.alpha))
	if err != nil {
		return "", err
	}
	flag, err := s.latency.WindowsToFlag(d.member, tailOf(d.way), s.latencyAlpha())
	if s.byRank {
		return fmt.Sprintf("%s was beyond the margin in %d of the windows and the slowest of all in %d, %d windows clear it if it is beyond the margin in no more, and %d name it if it is the slowest in all to come",
			s.names[d.member], beyond, s.latency.Count(d.member, stats.Slower), clear, flag), err
	}
	return fmt.Sprintf("%s was beyond the margin in %d of the windows, %d windows clear it if it is in no more, and %d name it if it is in all to come",
		s.names[d.member], beyond, clear, flag), err
}

// needsFromTheStart is of members of which there is nothing to say yet.
func (s sighting) needsFromTheStart() (string, error) {
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
	requests, err := stats.RequestsToClear(float64(s.alpha))
	return fmt.Sprintf("%d windows and %d requests clear a member that is like its peers, and %d windows name one that is not", clear, requests, flag), err
}
