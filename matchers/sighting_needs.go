package matchers

import (
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// lacks says what is missing to decide: of what was asked, that which has most
// evidence is open.
func (s sighting) lacks() string {
	if s.headless() {
		return fmt.Sprintf("%d of %d members failed most of their %s, so there are too few healthy peers to hold a member against: "+
			"see first why they fail, with KeepErrorRateBelow on the window of one", s.ailing(), len(s.members), requests(s.f.N()))
	}
	d := s.open[slices.IndexFunc(s.open, s.asks)]
	text := fmt.Sprintf("whether %s is %s is open after %s of %s and %s to each member",
		s.names[d.member], d.way, windows(s.latency.Windows()), s.f.Width(), requests(s.f.N()))
	if others := s.hiding(d); len(others) > 0 {
		return fmt.Sprintf("%s: beside %s it would not be seen: leave %s out with %s", text, names(others), them(others), exceptCall(others))
	}
	if needs, err := s.needs(d); err == nil {
		text += ": " + needs
	}
	return text + ": load for longer"
}

// hiding are the failing members beside whose errors one's own are too few to be seen.
func (s sighting) hiding(d deviation) []string {
	if d.way != Failing || !s.errors.Cleared(d.member, float64(s.alpha)) {
		return nil
	}
	var failing []string
	for _, other := range s.named {
		if other.way == Failing {
			failing = append(failing, s.names[other.member])
		}
	}
	if len(s.names)-len(failing) < fewest {
		return nil // nobody would be left to compare it with
	}
	return failing
}

// needs says how many windows or requests will do, with those that there are.
func (s sighting) needs(d deviation) (string, error) {
	beyond := s.margins.Count(d.member, tailOf(d.way))
	switch {
	case d.way == Failing && total(s.errors.Errors, len(s.names)) > 0:
		n, err := s.errors.RequestsToClear(d.member, float64(s.alpha))
		return fmt.Sprintf("%d of %s's requests failed, and %s clear it if no more fail", s.errors.Errors(d.member), s.names[d.member], requests(n)), err
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
	n, err := stats.RequestsToClear(float64(s.alpha))
	return fmt.Sprintf("%s and %s clear a member that is like its peers, and %s name one that is not", windows(clear), requests(n), windows(flag)), err
}
