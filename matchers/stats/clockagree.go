package stats

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Skew is a clock that differs from the majority's for certain.
type Skew struct {
	// Member is its index.
	Member int
	// By is by how much at least; negative if it is behind.
	By time.Duration
}

// ClockAgreement says whether the clocks of a fleet show the same time. It is
// agreed, disagreed, or neither: then the readings are too wide to tell.
type ClockAgreement struct {
	// Agreed: no two clocks can differ by more than was allowed.
	Agreed bool
	// Disagreed: two clocks differ by more than was allowed, for certain.
	Disagreed bool
	// Skewed are those that differ from the majority by more than was allowed. It may
	// be empty where clocks disagree, if there is no majority.
	Skewed []Skew
	// Majority is how many members can all be within what was allowed, at most.
	Majority int
	// Least and Most bound the largest difference between any two clocks.
	Least, Most time.Duration
	// Warnings say in words why it is undecided or nobody is named.
	Warnings []string
}

// Agree judges whether the clocks of at least two members, of which the offsets are
// given, differ by more than within. There is no chance in it: offsets are certain. The
// majority is the time that most clocks can show (Marzullo 1984, Maintaining the
// Time in a Distributed System), allowing for within; it needs more than half of
// the members. A member is skewed if it differs by more than within, for certain,
// from more than half of the members. The local clock takes part if Offset{} is among
// the offsets. A negative within and an offset whose ends are
// exchanged are errors.
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
		a.Warnings = append(a.Warnings, fmt.Sprintf("clocks differ by at least %v, but there is no majority: at most %d of %d can agree, so nobody is named", a.Least, len(members), len(offsets)))
	case a.Disagreed:
		a.Skewed = skewed(offsets, members, within)
		if len(a.Skewed) == 0 {
			a.Warnings = append(a.Warnings, fmt.Sprintf("clocks differ by at least %v, but none differs for certain from more than half of the members, so nobody is named: read them over a faster way, or with a finer resolution", a.Least))
		}
	case !a.Agreed:
		a.Warnings = append(a.Warnings, fmt.Sprintf("clocks may differ by %v, and %v is allowed: the offset of member %d is known to %v only: read it again, over a faster way, or with a finer resolution", a.Most, within, widest, offsets[widest].Width()))
	}
	return a, nil
}

// majority is the largest set of members that can all be within the given duration:
// those whose offsets come as near to one time, found by a sweep over the ends.
func majority(offsets []Offset, within time.Duration) []int {
	// A set fits if some start s has all of them reach [s, s+within]: a member does
	// from Low-within to High. It is enough to try the ends of these.
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

// skewed are the members that differ from more than half of all, for certain, each
// with its least difference from those of the majority that it differs from.
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
