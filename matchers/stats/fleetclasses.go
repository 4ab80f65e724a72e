package stats

import "fmt"

// FleetClasses says whether the members of a fleet answer alike, by the classes of
// their answers.
type FleetClasses struct {
	// LogE is the natural logarithm of the e-value that they do not: 1/alpha or more
	// shows it at level alpha, at whatever look.
	LogE float64
	// Member is the index of the one that stands out the most, and RestLogE is the
	// evidence that the others do not answer alike, without it. Where LogE shows that
	// there is a difference and RestLogE shows none, it is the one to look at: which one
	// stands out the most is an estimate that has no level of its own.
	Member   int
	RestLogE float64
}

// CompareClasses compares from outside how the members of a fleet answer, to find one
// with old code that does not say its version: answers[c][m] is how many answers of class
// c member m gave so far. A class is a status, a content type, a set of fields, and
// the like; each answer has one, and the classes were known beforehand, one for all
// others perhaps among them. shares are the members' shares of the requests, fixed
// beforehand, with sum 1; nil means equal ones. There must be 3 members and 2 classes.
//
// The null hypothesis is that, whatever came before, an answer of whatever class is a
// member's with a probability of its share. The e-value is the product over the classes
// of Dirichlet's, an e-process since every answer changes one factor only.
func CompareClasses(answers [][]int, shares []float64) (FleetClasses, error) {
	if len(answers) < 2 {
		return FleetClasses{}, fmt.Errorf("compare answers of %d classes: at least 2 are needed", len(answers))
	}
	members := len(answers[0])
	if _, err := newTally(members, fleetTest); err != nil {
		return FleetClasses{}, err
	}
	for c, of := range answers {
		if len(of) != members {
			return FleetClasses{}, fmt.Errorf("compare answers: class %d has counts of %d members and the first of %d: give one a member", c, len(of), members)
		}
		for m, n := range of {
			if n < 0 {
				return FleetClasses{}, fmt.Errorf("compare answers: member %d gave %d of class %d: cannot be", m, n, c)
			}
		}
	}
	if shares == nil {
		shares = make([]float64, members)
		for i := range shares {
			shares[i] = 1 / float64(members)
		}
	}
	if len(shares) != members {
		return FleetClasses{}, fmt.Errorf("compare answers: %d shares for %d members: give one a member", len(shares), members)
	}
	if err := (Dirichlet{Shares: shares}).Validate(); err != nil {
		return FleetClasses{}, err
	}
	result := FleetClasses{LogE: classesLogE(answers, shares, -1)}
	for m := range members {
		if rest := classesLogE(answers, shares, m); m == 0 || rest < result.RestLogE {
			result.Member, result.RestLogE = m, rest
		}
	}
	return result, nil
}

// classesLogE is the evidence of all members but the one that is left out.
func classesLogE(answers [][]int, shares []float64, without int) (logE float64) {
	kept, of := make([]float64, 0, len(shares)), 0.0
	for m, share := range shares {
		if m != without {
			kept = append(kept, share)
			of += share // 1 less the share that is left out would lose small ones
		}
	}
	for i := range kept {
		kept[i] /= of
	}
	counts := make([]int, len(kept))
	for _, class := range answers {
		i := 0
		for m, n := range class {
			if m != without {
				counts[i] = n
				i++
			}
		}
		logE += Dirichlet{Shares: kept}.LogE(counts)
	}
	return logE
}
