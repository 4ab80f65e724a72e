package scope

import (
	"encoding/json"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// looked is what was judged of a probe's single samples in one spec. Its entry in
// the report holds what was judged after it was added, too.
type looked struct {
	spec, probe string
	judgements  record.Judgements
}

// MarshalJSON encodes the record as it stands.
func (l *looked) MarshalJSON() ([]byte, error) {
	return json.Marshal(record.Samples{
		Schema: record.Schema, Spec: l.spec, Probe: l.probe, Judgements: l.judgements.Records(),
	})
}

// Judged keeps a matcher's verdict on a sample of one of the service's probes for
// the record of the running spec, and returns the judgement's ID.
func (s *Service) Judged(probe, matcher, objective string, judgement func() record.Judgement) (id string) {
	s.scope.announce()
	l, fresh := s.scope.history.looked(s.scope.t.Name(), probe)
	if fresh {
		s.scope.report(record.SamplesEntry, l)
	}
	return l.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}
