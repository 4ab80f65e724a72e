package scope

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// part is the fault on one of the targets. Each life of the target has an injection of its
// own in the agent.
type part struct {
	service *Service
	agent   *agent.Client // the agent of the host
	params  wire.InjectParams
	rec     record.Injection
	applied bool // it was live at some time
	live    bool
	err     error // of the last revert

	life  int       // from 0
	began time.Time // this life
	past  record.Evidence
	gaps  []record.Gap // between lives, and while a peer's address was unknown
	said  []string     // what else others did to the target

	seen    map[driver.Event]bool
	signal  *driver.Event // the last one through the engine
	exit    *driver.Event // how the first process ended
	stopped *driver.Event // the signal that stopped this life
	down    bool          // the target has ended, and a restart is awaited
}

// since is a time on the axis of the evidence.
func (p *part) since(at time.Time) time.Duration { return max(at.Sub(p.rec.Start), 1) }

// look keeps what the agent knows of this life, with the lives before.
func (p *part) look(now record.Evidence) {
	shifted := slices.Clone(now.Gaps)
	for n := range shifted {
		shifted[n].From += p.since(p.began)
		if shifted[n].To > 0 {
			shifted[n].To += p.since(p.began)
		}
	}
	if p.life > 0 {
		now.Gaps = shifted
		now = p.past.Then(now)
	}
	p.rec.Evidence = now
}

// close ends this life. A gap that has not ended is part of the end.
func (p *part) close(final record.Evidence) {
	final.Gaps = slices.DeleteFunc(slices.Clone(final.Gaps), func(g record.Gap) bool { return g.To == 0 })
	final.TargetDied = final.TargetDied && p.stopped == nil
	p.look(final)
	p.past = p.rec.Evidence
}

// evidence is all that is known, with what the host has seen.
func (p *part) evidence() record.Evidence {
	e := p.rec.Evidence
	e.Gaps = slices.Concat(e.Gaps, p.gaps)
	slices.SortStableFunc(e.Gaps, func(a, b record.Gap) int { return cmp.Compare(a.From, b.From) })
	if p.stopped != nil {
		e.StoppedBy = p.stoppedBy()
	}
	e.Summary = strings.Join(slices.DeleteFunc(append([]string{e.Summary}, p.said...), func(s string) bool { return s == "" }), "; ")
	return e
}

func (p *part) stoppedBy() string {
	return fmt.Sprintf("somebody stopped %s through the engine: %s", p.rec.Target, p.stopped)
}

// gap opens a gap in the fault, as the host sees it.
func (p *part) gap(from time.Time, text string, expected bool) {
	p.gaps = append(p.gaps, record.Gap{From: p.since(from), Text: text, Expected: expected})
}

// closeGaps ends the gaps that are open.
func (p *part) closeGaps() {
	for n := range p.gaps {
		if g := &p.gaps[n]; g.To == 0 {
			g.To = max(p.since(time.Now()), g.From)
		}
	}
}

// say notes something that a reader of the evidence should know.
func (p *part) say(format string, values ...any) {
	p.said = append(p.said, fmt.Sprintf(format, values...))
}
