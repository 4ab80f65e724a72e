package cpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// minQuota is the kernel's smallest quota.
const minQuota = time.Millisecond

// throttler applies CPU throttles.
type throttler struct{ keeper *keeper.Keeper }

// throttle is a live CPU throttle.
type throttle struct {
	*injector.Site
	hold        *keeper.Hold // nil before the quota is lowered
	cores       float64      // the lowered quota, in processors
	period      time.Duration
	attestation record.Attestation
	final       injector.Final

	// The kernel's counts when the quota was lowered.
	start              uint64
	used               time.Duration
	periods, throttled uint64
}

var _ injector.Live = (*throttle)(nil)

// apply lowers the quota, and reads it back.
func (t throttler) apply(ctx context.Context, request injector.Request[fault.CPUThrottleFault], journal *injector.Journal) (injector.Live, error) {
	site, err := injector.Survey("throttle CPU of "+request.Target.Name, request.Fault, request.Target, injector.Need{
		Controller: cgroup.CPU, What: "a CPU quota in the container's cgroup", Have: "it has none",
		Fix: "mount the cpu controller with CONFIG_CFS_BANDWIDTH (v1), or enable it in cgroup.subtree_control (v2)",
	})
	if err != nil {
		return nil, err
	}
	l := &throttle{Site: site}
	o := keeper.Order{
		Target: l.Group, Controller: cgroup.CPU, Fault: request.Fault.String(), Injection: request.ID, Lease: request.Lease,
	}
	var before string
	if o.File, before, o.Now, err = l.plan(request.Fault.Share); err != nil {
		return nil, l.Wrap(err)
	}
	if err := l.Remember(cgroup.CPU); err != nil {
		return nil, err
	}
	if err := journal.Before("set back the CPU quota of "+l.Name, l.end); err != nil {
		return nil, err
	}
	if l.hold, err = t.keeper.Hold(ctx, o); err != nil {
		return nil, l.Wrap(err)
	}
	if err := l.lower(); err != nil {
		return nil, l.Wrap(err)
	}
	l.attestation = record.Attestation{
		Path:     l.Group.Mechanism(cgroup.CPU),
		Readback: []string{fmt.Sprintf("%s: %s, before: %s", o.File, o.Now, before), fmt.Sprintf("quota: %.3g processors", l.cores)},
	}
	return l, nil
}

// plan says which file to set, what the file holds before, and what it will hold.
func (l *throttle) plan(share fault.Share) (file, before, now string, err error) {
	cores, _, err := l.Group.CPUQuota()
	if err != nil {
		return "", "", "", err
	}
	dir, err := l.Group.Dir(cgroup.CPU)
	if err != nil {
		return "", "", "", err
	}
	v1 := l.Group.Mechanism(cgroup.CPU) == "cgroup v1"
	file, period := "cpu.max", ""
	if v1 {
		file = "cpu.cfs_quota_us"
		period, err = cgroup.ReadSetting(dir, "cpu.cfs_period_us")
	}
	if err == nil {
		before, err = cgroup.ReadSetting(dir, file)
	}
	if err != nil {
		return "", "", "", err
	}
	if !v1 {
		_, period, _ = strings.Cut(before, " ")
	}
	length, err := strconv.ParseFloat(period, 64)
	if err != nil {
		return "", "", "", fmt.Errorf("read the period of the CPU quota: %w", err)
	}
	quota := math.Round(float64(share) * cores * length)
	if least := float64(minQuota.Microseconds()); quota < least {
		return "", "", "", fmt.Errorf("%s of %.3g processors is %.0f us in each period of %s us, and the kernel allows no less than %s: ask for at least %.3g %%",
			share, cores, quota, period, minQuota, 100*least/cores/length)
	}
	l.cores, l.period = quota/length, time.Duration(length)*time.Microsecond
	if v1 {
		below, group, err := l.Group.CPUQuotaBelow()
		if err == nil && below > l.cores {
			err = fmt.Errorf("the container has a group of its own, %s, with a quota of %.3g processors, and cgroup v1 allows no smaller one above it than that: "+
				"ask for at least %.3g %%, or lower that quota first", group, below, 100*below/cores)
		}
		if err != nil {
			return "", "", "", err
		}
	}
	if now = fmt.Sprintf("%.0f", quota); !v1 {
		now += " " + period
	}
	return file, before, now, nil
}

// lower lowers the quota, and notes the kernel's counts from before.
func (l *throttle) lower() error {
	err := l.hold.Set()
	if errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("%w: is the group's burst (cpu.max.burst, cpu.cfs_burst_us) larger than this quota, or on v1 the quota of a group below it that has just been made?", err)
	}
	if err != nil {
		return err
	}
	if l.periods, l.throttled, err = l.counts(); err != nil {
		return err
	}
	if l.used, err = l.Group.CPUUsage(); err != nil {
		return err
	}
	l.start = injector.Monotonic()
	l.Begin()
	return nil
}

// intact returns an error when the group's quota is no longer the lowered one. On v1 it
// depends on a second file, the period.
func (l *throttle) intact() error {
	if err := l.hold.Intact(); err != nil {
		return err
	}
	cores, _, err := l.Group.OwnCPUQuota()
	if err == nil && math.Abs(cores-l.cores) > 1e-9 {
		err = fmt.Errorf("somebody else has set the period of the quota, so that it is %.3g processors instead of %.3g", cores, l.cores)
	}
	return err
}

// counts returns in how many periods the container ran, and in how many of them it
// was stopped because its quota was used up.
func (l *throttle) counts() (periods, throttled uint64, err error) {
	if periods, err = l.Group.Number(cgroup.CPU, "cpu.stat", "nr_periods"); err == nil {
		throttled, err = l.Group.Number(cgroup.CPU, "cpu.stat", "nr_throttled")
	}
	return periods, throttled, err
}

func (l *throttle) Attestation() record.Attestation { return l.attestation }

func (l *throttle) Renew(until uint64) error {
	if err := l.hold.Renew(until); err != nil {
		return fmt.Errorf("keep the CPU of %s throttled: %w", l.Name, err)
	}
	return nil
}

// end is the undo step.
func (l *throttle) end() error {
	if l.hold == nil {
		return nil
	}
	return l.final.End(l.evidence, l.hold.Release, func(*record.Evidence) {})
}

// Prove checks that the container's quota is as before.
func (l *throttle) Prove() error { return l.ProveUndone() }

func (l *throttle) Evidence() record.Evidence { return l.final.Evidence(l.evidence) }

func (l *throttle) evidence() record.Evidence {
	if l.start == 0 {
		return record.Evidence{Summary: "the quota was never lowered"}
	}
	periods, throttled, err := l.counts()
	used, errUsed := l.Group.CPUUsage()
	passed := time.Duration(injector.Monotonic() - l.start)
	ending, _ := l.hold.Ending()
	var e record.Evidence
	if err = errors.Join(err, errUsed); err != nil {
		e.Summary = err.Error()
	} else {
		e = l.judge(periods-l.periods, throttled-l.throttled, used-l.used, passed)
	}
	if err := l.intact(); err != nil && ending == keeper.StillHeld && l.Group.Alive() {
		e.Effective = false
		e.Summary += ": " + err.Error()
	}
	l.AddEnding(&e, ending == keeper.Lapsed, ending == keeper.TargetDied, "the keeper")
	return e
}

// judge says what the quota has done over the span. If the container has used more than
// the quota, the quota does not hold, however often the container was stopped.
func (l *throttle) judge(periods, throttled uint64, used, passed time.Duration) record.Evidence {
	allowed := func(span time.Duration) float64 { return l.cores * float64(span) }
	usage := float64(used) / allowed(passed)
	e := record.Evidence{
		Effective: true,
		Summary: fmt.Sprintf("container used %.1f %% of its lowered quota of %.3g processors over %s; it was stopped in %d of %d periods",
			usage*100, l.cores, passed.Round(time.Millisecond), throttled, periods),
		Counts: []record.Count{
			{Name: "periods", Value: record.Float(periods), Merge: record.Sum},
			{Name: "throttled", Value: record.Float(throttled), Merge: record.Sum},
			{Name: "usage", Unit: "share", Value: record.Float(usage), Merge: record.Max},
		},
	}
	switch {
	case float64(used) > 1.05*allowed(passed+2*l.period): // the first and the last period may be cut off
		e.Effective = false
		e.Summary += ": the kernel does not enforce the quota"
	case throttled > 0:
	default:
		e.Summary += ": it never reached the quota, so it was not slowed"
	}
	return e
}

// Verify looks whether the quota is still the lowered one. A quota that somebody else has
// set stays: to overwrite it would undo what they wanted.
func (l *throttle) Verify() {
	if why, _ := l.hold.Ending(); why != keeper.StillHeld {
		return
	}
	missing := ""
	if err := l.intact(); err != nil {
		missing = err.Error()
	}
	l.Check(cgroup.CPU, missing)
}
