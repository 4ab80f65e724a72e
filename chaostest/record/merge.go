package record

import (
	"slices"
	"strings"
)

// Merge makes one record of the injections of one fault on several targets. Counts
// merge by their rules. The merged fault is effective and reverted if it is so on every
// target; its lease lapsed or its target died if that happened on any.
func Merge(all []Injection) Injection {
	if len(all) == 0 {
		return Injection{Schema: Schema}
	}
	merged := all[0]
	if len(all) == 1 {
		return merged
	}
	var targets, ids, summaries, spoilt, starved, stoppedBy, errs []string
	var gaps []Gap
	for n, one := range all {
		targets = append(targets, one.Target)
		ids = append(ids, one.TargetID)
		if one.Evidence.Summary != "" {
			summaries = append(summaries, one.Target+": "+one.Evidence.Summary)
		}
		if one.Evidence.Spoilt != "" {
			spoilt = append(spoilt, one.Target+": "+one.Evidence.Spoilt)
		}
		if one.Evidence.Starved != "" {
			starved = append(starved, one.Target+": "+one.Evidence.Starved)
		}
		if one.Evidence.StoppedBy != "" {
			stoppedBy = append(stoppedBy, one.Target+": "+one.Evidence.StoppedBy)
		}
		for _, gap := range one.Evidence.Gaps {
			gap.Text = one.Target + ": " + gap.Text
			gaps = append(gaps, gap)
		}
		if one.Error != "" {
			errs = append(errs, one.Target+": "+one.Error)
		}
		if n == 0 {
			continue
		}
		merged.Reverted = merged.Reverted && one.Reverted
		merged.Attestation.Took = max(merged.Attestation.Took, one.Attestation.Took)
		if one.End.After(merged.End) {
			merged.End = one.End
		}
		merged.Evidence.Effective = merged.Evidence.Effective && one.Evidence.Effective
		merged.Evidence.LeaseLapsed = merged.Evidence.LeaseLapsed || one.Evidence.LeaseLapsed
		merged.Evidence.TargetDied = merged.Evidence.TargetDied || one.Evidence.TargetDied
		merged.Evidence.Counts = mergeCounts(merged.Evidence.Counts, one.Evidence.Counts)
	}
	merged.Target, merged.TargetID = strings.Join(targets, ", "), strings.Join(ids, ",")
	merged.Evidence.Summary, merged.Error = strings.Join(summaries, "; "), strings.Join(errs, "; ")
	merged.Evidence.Spoilt, merged.Evidence.Starved = strings.Join(spoilt, "; "), strings.Join(starved, "; ")
	merged.Evidence.StoppedBy, merged.Evidence.Gaps = strings.Join(stoppedBy, "; "), gaps
	return merged
}

// Then merges the evidence of two lives of one target, one after the other.
func (e Evidence) Then(next Evidence) Evidence {
	join := func(a, b string) string {
		return strings.Join(slices.DeleteFunc([]string{a, b}, func(s string) bool { return s == "" }), "; then ")
	}
	return Evidence{
		Effective: e.Effective || next.Effective, Summary: join(e.Summary, next.Summary),
		LeaseLapsed: e.LeaseLapsed || next.LeaseLapsed, Starved: join(e.Starved, next.Starved),
		Gaps: slices.Concat(e.Gaps, next.Gaps), TargetDied: e.TargetDied || next.TargetDied,
		StoppedBy: join(e.StoppedBy, next.StoppedBy), Spoilt: join(e.Spoilt, next.Spoilt),
		Counts: mergeCounts(e.Counts, next.Counts),
	}
}
