package record

import "strings"

// Merge makes one record of the injections of one fault on several targets:
// counts add up, and what must hold for one must hold for all.
func Merge(all []Injection) Injection {
	if len(all) == 0 {
		return Injection{Schema: Schema}
	}
	merged := all[0]
	if len(all) == 1 {
		return merged
	}
	var targets, ids, summaries, errs []string
	for n, one := range all {
		targets = append(targets, one.Target)
		ids = append(ids, one.TargetID)
		if one.Evidence.Summary != "" {
			summaries = append(summaries, one.Target+": "+one.Evidence.Summary)
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
		merged.Evidence.add(one.Evidence)
	}
	merged.Target, merged.TargetID = strings.Join(targets, ", "), strings.Join(ids, ",")
	merged.Evidence.Summary, merged.Error = strings.Join(summaries, "; "), strings.Join(errs, "; ")
	return merged
}

func (e *Evidence) add(f Evidence) {
	e.Effective = e.Effective && f.Effective
	e.Packets += f.Packets
	e.Bytes += f.Bytes
	e.Lapsed += f.Lapsed
	e.Lost += f.Lost
	e.CPUTime += f.CPUTime
	e.Held += f.Held
	e.Usage = max(e.Usage, f.Usage)
	e.OOMKills += f.OOMKills
	e.Frozen = max(e.Frozen, f.Frozen)
	e.LeaseLapsed = e.LeaseLapsed || f.LeaseLapsed
	e.TargetDied = e.TargetDied || f.TargetDied
}
