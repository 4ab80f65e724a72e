package cpu

import (
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// burner is a live CPU burn.
type burner struct {
	*injector.Site
	share fault.Share
	cores float64 // the quota, or the number of processors where there is none
	quota bool    // whether there is a quota

	proc        *worker.Process[reading]
	usedBefore  time.Duration // processor time that the burner used before it began
	attestation record.Attestation
	final       injector.Final
}

var _ injector.Live = (*burner)(nil)

func (b *burner) Attestation() record.Attestation { return b.attestation }

func (b *burner) Renew(until uint64) error {
	if err := b.proc.Renew(until); err != nil {
		return fmt.Errorf("keep burning CPU in %s: %w", b.Name, err)
	}
	return nil
}

// end is the undo step.
func (b *burner) end() error {
	if b.proc == nil {
		return b.Release()
	}
	err := b.final.End(b.evidence, b.proc.Stop, func(e *record.Evidence) {
		e.Counts[0].Value = record.Float((b.proc.CPUTime() - b.usedBefore).Seconds())
	})
	if err != nil {
		return err
	}
	return b.Release()
}

func (b *burner) Evidence() record.Evidence { return b.final.Evidence(b.evidence) }

func (b *burner) evidence() record.Evidence {
	ending := b.proc.Ending()
	// Once the burner has ended, only its last reading tells of the fault.
	r := b.proc.Latest()
	now, used, full := r.At, r.Usage, r.Full
	if fresh, err := b.Group.CPUUsage(); err == nil && ending == worker.Running && r.At > 0 {
		now, used = injector.Monotonic(), fresh
		full += time.Duration(float64(now-r.At) * r.Cores)
	}
	passed, usage, burnt := time.Duration(0), 0.0, b.proc.CPUTime()-b.usedBefore
	if full > 0 {
		passed = time.Duration(now - r.Began)
		usage = float64(used-r.Since) / float64(full)
	}
	e := record.Evidence{Counts: []record.Count{
		{Name: "cpu time", Unit: "s", Value: record.Float(burnt.Seconds()), Merge: record.Sum},
		// Usage of the whole container since the start.
		{Name: "usage", Unit: "share", Value: record.Float(usage), Merge: record.Max},
	}}
	e.Effective, e.Summary = b.judge(passed, full, usage, burnt)
	b.AddEnding(&e, ending == worker.Lapsed, ending == worker.TargetDied, "the burner")
	if !e.LeaseLapsed && !e.TargetDied && ending != worker.Running {
		e.Effective = false
		e.Summary += "; " + b.proc.Err().Error()
	}
	return e
}

// tolerance is how far usage may be below the share while the fault still counts as
// effective: two points, and two periods of the loop, which matter at the beginning.
func tolerance(passed time.Duration) float64 {
	return 0.02 + float64(2*period)/float64(passed)
}

func (b *burner) judge(passed, full time.Duration, usage float64, burnt time.Duration) (effective bool, summary string) {
	summary = fmt.Sprintf("container used %.1f %% of its quota of %.3g processors over %s, %s asked, the burner's part %s",
		usage*100, float64(full)/float64(max(passed, 1)), passed.Round(time.Millisecond), b.share, burnt.Round(time.Millisecond))
	switch {
	case passed == 0:
		return false, "the burner has not begun"
	case usage < float64(b.share)-tolerance(passed):
		return false, summary + ": the machine had no processor time left to burn"
	case usage-float64(burnt)/float64(full) >= float64(b.share):
		return false, summary + ": the container used its share by itself, so the fault changed nothing"
	}
	return true, summary
}

// Verify looks whether the burner still burns in the container's cgroup.
func (b *burner) Verify() {
	missing := b.proc.Missing()
	if missing == "" {
		missing = b.PausedByOthers()
	}
	if b.Check(cgroup.CPUAcct, missing) {
		b.proc.PutBack()
	}
}
