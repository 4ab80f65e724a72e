package probe

import "github.com/chaosgate/chaosgate/chaostest/record"

// progress counts a load's samples as they end, so that a report costs the same for any
// number of them.
type progress struct {
	all     *tally
	members []*tally // empty for a probe
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

// tally is the summary of samples that a record has.
type tally struct {
	n, errors int
	classes   map[Class]int
	healthy   ranks // the latencies of healthy samples
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

// totals is the record of a window whose samples were only counted.
func (t *tally) totals(heading Window) record.Window {
	heading.errors, heading.classes = t.errors, t.classes
	return heading.totalsOf(t.n, t.healthy.quantile)
}
