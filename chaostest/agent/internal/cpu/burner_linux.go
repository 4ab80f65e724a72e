package cpu

import (
	"fmt"
	"math"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// burner is a live CPU burn.
type burner struct {
	*injector.Site
	share fault.Share
	cores float64 // the quota, or the number of processors where there is none
	quota bool    // whether there is a quota
	// threads is how many processors the burner can keep busy.
	threads int

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
		since := time.Duration(float64(now-r.At) * r.Cores)
		full += since
		// What the loop may not have seen yet.
		container := used - r.Usage - (b.proc.CPUTime() - r.Burnt)
		r.Excess += max(container-time.Duration(float64(b.share)*float64(since)), 0)
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
	e.Effective, e.Spoilt, e.Summary = b.judge(r, passed, full, usage, burnt)
	b.AddEnding(&e, ending == worker.Lapsed, ending == worker.TargetDied, "the burner")
	if !e.LeaseLapsed && !e.TargetDied && ending != worker.Running {
		e.Effective = false
		e.Summary += "; " + b.proc.Err().Error()
	}
	return e
}

// slack is how far usage may be from the share while the fault still counts as
// effective: a point, and at the beginning and the end a turn of the loop and two steps of
// the kernel's counter, which matter in a short span.
func (r reading) slack(share float64, passed, full time.Duration) float64 {
	return 0.01 + share*float64(2*r.Turn)/float64(passed) + float64(2*r.Step)/float64(full)
}

// overrun is how far usage may besides be above the share: a burner that the kernel lets
// run on keeps its processor for some milliseconds, which matter in a short span.
func overrun(passed time.Duration) float64 {
	const sliceOfTheKernel = 10 * time.Millisecond
	return float64(sliceOfTheKernel) / float64(passed)
}

// judge says whether the container used its share over the whole span. Where the machine
// is overloaded, that spoils the fault, and nobody has failed.
func (b *burner) judge(r reading, passed, full time.Duration, usage float64, burnt time.Duration) (effective bool, spoilt, summary string) {
	if passed == 0 {
		return false, "", "the burner has not begun"
	}
	summary = fmt.Sprintf("container used %.1f %% of its quota of %.3g processors over %s, %s asked, the burner's part %s",
		usage*100, float64(full)/float64(passed), passed.Round(time.Millisecond), b.share, burnt.Round(time.Millisecond))
	if math.Abs(r.Cores-b.cores) > 1e-9 {
		summary += fmt.Sprintf("; the quota went from %.3g to %.3g processors under the fault, and the burner follows it", b.cores, r.Cores)
	}
	share, slack := float64(b.share), r.slack(float64(b.share), passed, full)
	own := usage - float64(burnt)/float64(full)
	switch {
	case usage < share-slack && r.Cores > float64(b.threads):
		return false, "", summary + fmt.Sprintf(", as far as its %s can", units.Plural(b.threads, "thread"))
	case usage < share-slack:
		spoilt = "the machine had no processor time left to burn"
	case own >= share:
		return false, "", summary + ": the container used its share by itself, so the fault changed nothing"
	case usage <= share+slack+overrun(passed):
		return true, "", summary
	case usage-float64(r.Excess)/float64(full) <= share+slack:
		return true, "", summary + ": at times the container used more than its share by itself"
	default:
		spoilt = "the machine stood still at times, and that time counted as used by the burner"
	}
	return false, spoilt, summary + ": " + spoilt
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
