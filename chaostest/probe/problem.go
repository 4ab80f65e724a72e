package probe

import "strings"

// How the parts of a Problem begin: that of the version comes first, and where the
// clock's follows it they are joined.
const (
	ofVersion = "version from "
	ofClock   = "clock from "
	joined    = "; "
)

// VersionProblem is the part of Problem that is why the sample has no Version, empty
// where it has one or nobody asked. A Problem in the words of another probe may be
// of either.
func (s Sample) VersionProblem() string {
	if s.Version != "" || strings.HasPrefix(s.Problem, ofClock) {
		return ""
	}
	if strings.HasPrefix(s.Problem, ofVersion) {
		problem, _, _ := strings.Cut(s.Problem, joined+ofClock)
		return problem
	}
	return s.Problem
}

// ClockProblem is the part of Problem that is why the sample has no Clock, as
// VersionProblem is.
func (s Sample) ClockProblem() string {
	if s.Clock != nil {
		return ""
	}
	if strings.HasPrefix(s.Problem, ofVersion) {
		if _, problem, ok := strings.Cut(s.Problem, joined+ofClock); ok {
			return ofClock + problem
		}
		return ""
	}
	return s.Problem
}

// Answered reports whether a whole answer came, of whatever kind: one from which
// everything can be read that the service says of itself.
func (s Sample) Answered() bool {
	switch s.Class {
	case OK, Status3xx, Status4xx, Status5xx, StatusOther, ExitCode:
		return true
	}
	return false
}
