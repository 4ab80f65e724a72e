package network

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// touched holds what an injection has counted, and whether it ended early.
type touched struct {
	matched      classifier.Counters
	carried      pathCounts
	lapsed, died bool
}

// Evidence counts what the fault has touched. Of a super-packet, the bytes include the
// headers once.
func (i *injection) Evidence() record.Evidence {
	n := i.namespace
	n.mu.Lock()
	defer n.mu.Unlock()
	if i.isRunning() {
		n.look()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.noteLapse()
	i.died = i.died || !i.released && i.hasDied()
	t := i.past
	t.died = i.died
	var errs []error
	for _, at := range i.interceptions {
		matched, carried, err := at.counts()
		t.matched, t.carried = t.matched.Plus(matched), t.carried.plus(carried)
		errs = append(errs, err)
	}
	t.lapsed = i.lapsed || t.matched.Lapsed > 0
	return i.evidence(t, errors.Join(errs...))
}

func (i *injection) evidence(t touched, unread error) record.Evidence {
	effective, verb := i.fault.effect(t.matched, t.carried)
	e := record.Evidence{
		Gaps:      i.presence.Gaps(),
		Effective: t.matched.Packets > t.matched.Common && effective && !t.lapsed && unread == nil,
		Summary:   i.summary(t, verb), LeaseLapsed: t.lapsed, TargetDied: t.died,
		// These are packets on the wire: each segment of a large send counts.
		Counts: []record.Count{
			{Name: "packets", Value: record.Float(t.matched.Packets), Merge: record.Sum},
			{Name: "bytes", Unit: "B", Value: record.Float(t.matched.Bytes), Merge: record.Sum},
			{Name: "lapsed", Value: record.Float(t.matched.Lapsed), Merge: record.Sum},
			{Name: "lost", Value: record.Float(t.carried.lost), Merge: record.Sum},
		},
	}
	if unread != nil {
		e.Summary += "; " + unread.Error()
	}
	return e
}

// summary describes in one line what was touched.
func (i *injection) summary(t touched, verb string) string {
	var parts []string
	add := func(applies bool, format string, values ...any) {
		if applies {
			parts = append(parts, fmt.Sprintf(format, values...))
		}
	}
	anything := t.matched.Packets > 0 || t.matched.Lapsed > 0
	add(!anything, "%s: does the client resolve and reach the peer?", strings.TrimSpace("no packet matched "+i.filter.String()))
	add(anything, "%s (%s) %s", units.Plural(t.matched.Packets, "packet"), units.Bytes(t.matched.Bytes), verb)
	add(anything && t.matched.Packets == t.matched.Common && t.matched.Common > 0, "all of them multicast or broadcast, which any link has")
	add(t.carried.held > 0, "%s still held", units.Number(t.carried.held))
	add(t.carried.lost > 0, "%s lost by the data path", units.Number(t.carried.lost))
	add(t.matched.Lapsed > 0, "%s passed untouched because the lease had run out", units.Plural(t.matched.Lapsed, "packet"))
	add(t.lapsed && t.matched.Lapsed == 0, "the lease ran out")
	add(t.died, "the target's first process ended")
	return strings.Join(parts, "; ")
}
