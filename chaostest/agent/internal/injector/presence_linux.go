package injector

import (
	"slices"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Presence notes since when a fault is in force, and when it was not. The zero value is
// that of a fault that has not begun.
type Presence struct {
	mu    sync.Mutex
	now   func() uint64 // Monotonic, unless a test says otherwise
	began uint64
	seen  uint64 // when the fault was last known to be in force on all that it covers
	gaps  []record.Gap
	open  bool // the last gap has not ended
}

// Begin notes that the fault is in force from now on.
func (p *Presence) Begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		p.now = Monotonic
	}
	p.began = p.now()
	p.seen = p.began
}

// Holds notes that the fault is in force on all that it covers. It ends a gap.
func (p *Presence) Holds() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began == 0 {
		return
	}
	p.seen = p.now()
	if p.open {
		p.gaps[len(p.gaps)-1].To = time.Duration(p.seen - p.began)
		p.open = false
	}
}

// Lost notes that the fault is not in force on all that it covers, and what is missing.
// The gap begins at the last moment at which nothing was missing. While a gap is open,
// a second call changes nothing, unless the open gap was expected and this one is not: then
// a new gap begins now. Expected says that the user allows for it.
func (p *Presence) Lost(text string, expected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began == 0 {
		return
	}
	if p.open {
		last := &p.gaps[len(p.gaps)-1]
		if expected || !last.Expected {
			return
		}
		now := p.now()
		last.To = time.Duration(now - p.began)
		p.seen = now // the ended gap is subtracted
		p.gaps = append(p.gaps, record.Gap{From: last.To, Text: text})
		return
	}
	p.open = true
	p.gaps = append(p.gaps, record.Gap{From: time.Duration(p.seen - p.began), Text: text, Expected: expected})
}

// Gaps are the spans in which the fault was not in force.
func (p *Presence) Gaps() []record.Gap {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.gaps)
}

// InForce is how long the fault was known to be in force on all that it covers.
func (p *Presence) InForce() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := time.Duration(p.seen - p.began)
	for _, g := range p.gaps {
		if g.To > 0 {
			total -= g.To - g.From
		}
	}
	return total
}
