package memory

import (
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// balloon is a live memory fill.
type balloon struct {
	*injector.Site
	share fault.Share

	limit, goal, step uint64
	smaller           string // the first process's own group, if it has a smaller limit
	less              uint64 // that limit
	killsBefore       uint64 // out-of-memory kills before the fault
	proc              *worker.Process[reading]
	attestation       record.Attestation
	final             injector.Final
	released          error // says what memory did not come back when the worker ended
}

var _ injector.Live = (*balloon)(nil)

func (b *balloon) Attestation() record.Attestation { return b.attestation }

func (b *balloon) Renew(until uint64) error {
	if err := b.proc.Renew(until); err != nil {
		if kills, text := b.kills(); kills > 0 {
			return fmt.Errorf("keep the memory of %s filled: %s", b.Name, text)
		}
		return fmt.Errorf("keep the memory of %s filled: %w", b.Name, err)
	}
	return nil
}

// end is the undo step.
func (b *balloon) end() error {
	if b.proc == nil {
		return b.Release()
	}
	if err := b.final.End(b.evidence, b.stop, func(*record.Evidence) {}); err != nil {
		return err
	}
	return b.Release()
}

// stop ends the worker, and checks that its memory came back.
func (b *balloon) stop() error {
	held, ended := b.proc.Latest().Held, b.proc.Ending() != worker.Running || b.proc.Missing() != "" || !b.Group.Alive()
	before, errBefore := b.Group.MemoryUsed()
	if err := b.proc.Stop(); err != nil {
		return err
	}
	after, errAfter := b.Group.MemoryUsed()
	// Only now it is known whether stop has ended the worker: it may have ended by
	// itself just before.
	how := b.proc.Ending()
	kills, _ := b.kills()
	byStop := !ended && (how == worker.Stopped || how == worker.Killed && kills == 0) && errBefore == nil && errAfter == nil
	// Half suffices, since the container may have taken memory at the same time.
	if byStop && after+held/2 > before {
		b.released = fmt.Errorf("the worker that held %s is gone, but the memory in use only went from %s to %s",
			units.Bytes(held), units.Bytes(before), units.Bytes(after))
	}
	return nil
}

// kills counts the out-of-memory kills since the start. The text says which process
// was killed and what to do.
func (b *balloon) kills() (n uint64, text string) {
	now, err := b.Group.OOMKills()
	if err == nil && now > b.killsBefore {
		n = now - b.killsBefore
	}
	if n == 0 {
		return 0, ""
	}
	// The counter moves before the killed process has ended.
	b.proc.Ended(100 * time.Millisecond)
	victim := "a process of the container"
	if b.proc.Ending() == worker.Killed {
		victim = "the worker that held the memory"
		if n > 1 {
			victim += " and others"
		}
	}
	return n, fmt.Sprintf("the kernel killed %s because memory ran out (oom_kill went up by %d): "+
		"fill to a smaller share than %s, or give the container more memory", victim, n, b.share)
}

func (b *balloon) Evidence() record.Evidence { return b.final.Evidence(b.evidence) }

func (b *balloon) evidence() record.Evidence {
	ending, last := b.proc.Ending(), b.proc.Latest()
	held := uint64(0)
	if ending == worker.Running {
		held = last.Held
	}
	used, err := b.Group.MemoryUsed()
	if err != nil || ending != worker.Running {
		used = last.Used // the last one under the fault
	}
	limit := max(last.Limit, 1)
	usage := float64(used) / float64(limit)
	span, low, high := last.until(injector.Monotonic(), ending == worker.Running)
	kept := 1 - float64(low)/float64(max(span, 1))
	kills, killed := b.kills()
	e := record.Evidence{Counts: []record.Count{
		{Name: "held", Unit: "B", Value: record.Float(held), Merge: record.Sum},
		// Usage of the whole container now.
		{Name: "usage", Unit: "share", Value: record.Float(usage), Merge: record.Max},
		// How much of the time the container was at its share.
		{Name: "kept", Unit: "share", Value: record.Float(kept), Merge: record.Min},
		{Name: "oom kills", Value: record.Float(kills), Merge: record.Sum},
	}}
	e.Summary = fmt.Sprintf("memory without page cache %s, %s of the limit of %s, %s asked; the worker holds %s; at the share for %s of %s",
		units.Bytes(used), units.Percent(usage), units.Bytes(limit), b.share, units.Bytes(held), units.Percent(kept), span.Round(time.Millisecond))
	if last.Limit != b.limit {
		e.Summary += fmt.Sprintf("; the limit went from %s to %s under the fault, and the worker follows it", units.Bytes(b.limit), units.Bytes(last.Limit))
	}
	if high > 0 {
		e.Summary += fmt.Sprintf("; above the share for %s, by what the container took itself", high.Round(time.Millisecond))
	}
	e.Effective = last.Held > 0 && low <= span/10+briefly && float64(last.Held) <= (float64(b.share)+point)*float64(limit)
	b.AddEnding(&e, ending == worker.Lapsed, ending == worker.TargetDied, "the worker")
	switch {
	case kills > 0:
		e.Effective = false
		e.Spoilt = fmt.Sprintf("%s in the container under the fault", units.Plural(kills, "out-of-memory kill"))
		e.Summary += "; " + killed
	case e.LeaseLapsed: // AddEnding has said so
	case e.TargetDied:
		e.Effective = last.Reached
	case ending != worker.Running:
		e.Effective = false
		e.Summary += "; " + b.proc.Err().Error()
	case last.Held == 0:
		e.Summary += ": the container reached the share by itself, so the fault added nothing"
	}
	return e
}

// briefly is how long the container may be below its share in any case, after it has
// given memory back and before the worker has replaced it. In a longer span it may be for
// a tenth of that.
const briefly = 100 * time.Millisecond

// until is how long the share has been reached, and how much of that the container was
// below or above it, until now while the worker runs. The worker reports at once when the
// container is below its share.
func (r reading) until(now uint64, running bool) (span, low, high time.Duration) {
	if !r.Reached {
		return 0, 0, 0
	}
	if !running || now < r.At {
		return r.since(r.Since), r.Low, r.High
	}
	span, low = time.Duration(now-r.Since), r.Low
	if r.Below {
		low += time.Duration(now - r.At)
	}
	return span, low, r.High
}

// Verify looks whether the worker still holds its memory in the container's cgroup. An
// out-of-memory kill is no gap: the evidence names it, and decides nothing.
func (b *balloon) Verify() {
	if kills, _ := b.kills(); kills > 0 {
		return
	}
	missing := b.proc.Missing()
	if missing == "" {
		missing = b.PausedByOthers()
	}
	if b.Check(cgroup.Memory, missing) {
		b.proc.PutBack()
	}
}
