package probe

import "github.com/chaosgate/chaosgate/chaostest/record"

// progress counts a load's samples as they end, so that a report while it runs costs
// the same however many there are.
type progress struct {
	all     *tally
	members []*tally // of a fleet
}

func newProgress(members int) *progress {
	p := &progress{all: newTally()}
	for range members {
		p.members = append(p.members, newTally())
	}
	return p
}

func (p *progress) add(member int, s *Sample) {
	p.all.add(s)
	if len(p.members) > 0 {
		p.members[member].add(s)
	}
}

// tally is what a record says of samples.
type tally struct {
	n, errors int
	classes   map[Class]int
	healthy   ranks // their latencies
}

func newTally() *tally { return &tally{classes: map[Class]int{}} }

func (t *tally) add(s *Sample) {
	t.n++
	if s.Healthy() {
		t.healthy.add(s.Latency)
		return
	}
	t.errors++
	t.classes[s.Class]++
}

// totals are those of a window that has a heading and, in place of samples, what
// was counted of them.
func (t *tally) totals(heading Window) record.Window {
	heading.errors, heading.classes = t.errors, t.classes
	return heading.totalsOf(t.n, t.healthy.quantile)
}
