package stats

// FleetRank looks for members of a fleet that are slower or faster than their
// peers by rank: a member is hit in a window if its statistic is strictly the
// largest (Slower) or strictly the smallest (Faster) of all. The null hypothesis
// for each is that, whatever came before, it is hit with a probability of at most
// one over the number of members.
//
// It has no margin and needs fewer windows than Fleet, but it holds its level only
// if windows are exchangeable between members: if all are alike and noise does not
// last from window to window. Healthy members that always differ a little, or have a busy
// neighbour, are nearly always named. Use Fleet unless you are sure of this.
//
// A FleetRank is not safe for concurrent use; read a Clone instead.
type FleetRank struct{ tally }

// NewFleetRank starts with no window. There must be at least 3 members.
func NewFleetRank(members int) (*FleetRank, error) {
	counts, err := newTally(members, Bernoulli{Side: AboveLimit, Limit: 1 / float64(max(members, 3)), A: 2, B: 1})
	if err != nil {
		return nil, err
	}
	return &FleetRank{counts}, nil
}

// Add adds a window: one statistic for each member, not negative, and +Inf for a member
// that did not answer. A refused window changes nothing.
func (f *FleetRank) Add(window []float64) error {
	if err := f.check(window); err != nil {
		return err
	}
	low, high := 0, 0
	lows, highs := 0, 0 // how many share the least and the largest value
	for i, v := range window {
		switch {
		case v < window[low]:
			low, lows = i, 1
		case v == window[low]:
			lows++
		}
		switch {
		case v > window[high]:
			high, highs = i, 1
		case v == window[high]:
			highs++
		}
	}
	if lows == 1 {
		f.counts[Faster][low]++
	}
	if highs == 1 {
		f.counts[Slower][high]++
	}
	f.windows++
	return nil
}

// Clone returns an independent copy.
func (f *FleetRank) Clone() *FleetRank { return &FleetRank{f.clone()} }
