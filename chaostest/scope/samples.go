package scope

import (
	"encoding/json"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// sampleJudgements are the judgements on a probe's single samples in one spec. Its entry
// in the report also has the judgements that were made after the entry was added.
type sampleJudgements struct {
	spec, probe string
	judgements  record.Judgements
}

// MarshalJSON encodes the record as it is now.
func (j *sampleJudgements) MarshalJSON() ([]byte, error) {
	return json.Marshal(record.Samples{
		Schema: record.Schema, Spec: j.spec, Probe: j.probe, Judgements: j.judgements.Records(),
	})
}

// Judged records a matcher's judgement on a sample of one of the service's probes, and
// returns the judgement's ID.
func (s *Service) Judged(probe, matcher, objective string, judgement func() record.Judgement) (id string) {
	s.scope.announce()
	everywhere.use(s.scope.member())
	s.scope.history.concerns(s, record.Probed)
	j, fresh := s.scope.history.judgementsOf(s.scope.t.Name(), probe)
	if fresh {
		s.scope.report(record.SamplesEntry, j)
	}
	return j.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}
