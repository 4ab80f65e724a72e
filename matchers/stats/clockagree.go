package stats

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Skew is a clock that certainly differs from the majority's.
type Skew struct {
	// Member is its index.
	Member int
	// By is the least difference; negative if the clock is behind.
	By time.Duration
}

// ClockAgreement says whether the clocks of a fleet show the same time. They
// agree, disagree, or neither is certain, because the readings are too wide.
type ClockAgreement struct {
	// Agreed: no two clocks can differ by more than was allowed.
	Agreed bool
	// Disagreed: two clocks certainly differ by more than was allowed.
	Disagreed bool
	// Skewed are the clocks that differ from the majority by more than was allowed. It may
	// be empty even if clocks disagree, when there is no majority.
	Skewed []Skew
	// Majority is the largest number of members that can all be within what was allowed.
	Majority int
	// Least and Most bound the largest difference between any two clocks.
	Least, Most time.Duration
	// Warnings say why it is undecided, or why no member is named.
	Warnings []string
}

// Agree judges from their offsets whether the clocks of at least two members differ by
// more than within. It is exact, because offsets are certain. The majority is the largest
// set of clocks that can show the same time, allowing for within (Marzullo 1984,
// Maintaining the Time in a Distributed System); it needs more than half of the members.
// A member is skewed if it certainly differs by more than within from more than half of
// the members. To include the local clock, add Offset{}.
func Agree(offsets []Offset, within time.Duration) (ClockAgreement, error) {
	switch {
	case len(offsets) < 2:
		return ClockAgreement{}, fmt.Errorf("compare %d clocks: at least two are needed", len(offsets))
	case within < 0:
		return ClockAgreement{}, fmt.Errorf("compare clocks within %v: must not be negative", within)
	}
	for i, o := range offsets {
		if o.Low > o.High {
			return ClockAgreement{}, fmt.Errorf("compare clocks: the offset of member %d is %v: its ends are exchanged", i, o)
		}
	}
	var a ClockAgreement
	widest := 0
	for i, o := range offsets {
		if o.Width() > offsets[widest].Width() {
			widest = i
		}
		for j, other := range offsets {
			a.Least = max(a.Least, gap(o, other))
			if i != j && o.High > other.Low {
				a.Most = max(a.Most, minus(o.High, other.Low))
			}
		}
	}
	a.Agreed, a.Disagreed = a.Most <= within, a.Least > within
	members := majority(offsets, within)
	a.Majority = len(members)
	switch {
	case a.Disagreed && 2*len(members) <= len(offsets):
		a.Warnings = append(a.Warnings, fmt.Sprintf("clocks differ by at least %v, but there is no majority: at most %d of %d can agree, so no member is named", a.Least, len(members), len(offsets)))
	case a.Disagreed:
		a.Skewed = skewed(offsets, members, within)
		if len(a.Skewed) == 0 {
			a.Warnings = append(a.Warnings, fmt.Sprintf("clocks differ by at least %v, but none differs for certain from more than half of the members, so no member is named: read them over a faster path, or with a finer resolution", a.Least))
		}
	case !a.Agreed:
		a.Warnings = append(a.Warnings, fmt.Sprintf("clocks may differ by %v, and %v is allowed: the offset of member %d is known to %v only: read it again, over a faster path, or with a finer resolution", a.Most, within, widest, offsets[widest].Width()))
	}
	return a, nil
}

// majority is the largest set of members whose clocks can all be within a duration of
// each other. It is found by a sweep over the ends of their offsets.
func majority(offsets []Offset, within time.Duration) []int {
	// A set fits if there is a start s for which all its offsets reach [s, s+within]. An
	// offset does so for s from Low-within to High, and it is enough to try these ends.
	type end struct {
		at    time.Duration
		opens bool
	}
	ends := make([]end, 0, 2*len(offsets))
	for _, o := range offsets {
		ends = append(ends, end{from(o, within), true}, end{o.High, false})
	}
	slices.SortFunc(ends, func(a, b end) int {
		if c := cmp.Compare(a.at, b.at); c != 0 || a.opens == b.opens {
			return c
		}
		if a.opens {
			return -1
		}
		return 1
	})
	open, most, start := 0, 0, time.Duration(0)
	for _, e := range ends {
		if !e.opens {
			open--
			continue
		}
		if open++; open > most {
			most, start = open, e.at
		}
	}
	var members []int
	for i, o := range offsets {
		if from(o, within) <= start && start <= o.High {
			members = append(members, i)
		}
	}
	return members
}

// from is the earliest start of a span of the given length that the offset reaches.
func from(o Offset, within time.Duration) time.Duration {
	if start := o.Low - within; start <= o.Low {
		return start
	}
	return -1 << 63
}

// skewed are the members that certainly differ from more than half of all, each with its
// least difference from the members of the majority that it differs from.
func skewed(offsets []Offset, members []int, within time.Duration) (found []Skew) {
	for i, o := range offsets {
		apart, by := 0, time.Duration(0)
		for j, other := range offsets {
			d := gap(o, other)
			if max(d, -d) <= within {
				continue
			}
			apart++
			if slices.Contains(members, j) && (by == 0 || max(d, -d) < max(by, -by)) {
				by = d
			}
		}
		if 2*apart > len(offsets) && by != 0 {
			found = append(found, Skew{i, by})
		}
	}
	return found
}
