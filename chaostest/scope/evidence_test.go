package scope_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func judgement(outcome record.Outcome) func() record.Judgement {
	return func() record.Judgement { return record.Judgement{Outcome: outcome} }
}

func TestEvidenceIsASnapshot(t *testing.T) {
	g := NewWithT(t)
	s, fake, x := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() {
		i := x.Inject(t.Context(), fault.Pause(), scope.On(x.Attach(t.Context(), "db")))
		fake.Agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Summary: "nothing yet"} }
		before, err := i.Evidence(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(before.GomegaString()).To(Equal("pause on db: nothing yet"))
		id := before.Judged("M", "o", judgement(record.ToolFailed))

		fake.Agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, Summary: "1 s"} }
		after, err := i.Evidence(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(after.Record().Evidence.Effective).To(BeTrue())
		g.Expect(before.Record().Evidence.Effective).To(BeFalse(), "it stays as it stood")

		text, marks := record.Marks(after.GomegaString())
		g.Expect(text).To(Equal("pause on db: 1 s"))
		g.Expect(marks).To(ConsistOf(And(HaveField("ID", id), HaveField("Outcome", record.ToolFailed))))
		g.Expect(after.Judged("M", "o", judgement(record.Kept))).To(Equal(id), "of one injection")

		encoded, err := json.Marshal(i)
		g.Expect(err).NotTo(HaveOccurred())
		rec, err := record.Decode[record.Injection](nil, string(encoded))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(rec.Judgements).To(ConsistOf(And(HaveField("ID", id), HaveField("Outcome", record.Kept))))
	})
	g.Expect(s.failures).To(BeEmpty())
}

func TestAnAgentThatGivesNoEvidenceIsAFailureOfTheTool(t *testing.T) {
	g := NewWithT(t)
	s, fake, x := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() {
		i := x.Inject(t.Context(), fault.Pause(), scope.On(x.Attach(t.Context(), "db")))
		fake.Agent.Die()
		_, err := i.Evidence(t.Context())
		g.Expect(err).To(MatchError(HavePrefix("ask what pause on db has touched: ")))
		_, marks := record.Marks(err.Error())
		g.Expect(marks).To(ConsistOf(HaveField("Outcome", record.ToolFailed)))
	})
}

func TestJudgementsOnSamplesAreInTheSpecsReport(t *testing.T) {
	g := NewWithT(t)
	s, _, x := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	db := x.Attach(t.Context(), "db")
	for _, name := range []string{"first", "second"} {
		*s = spec{name: name}
		var ids []string
		s.run(func() {
			for _, outcome := range []record.Outcome{record.Violated, record.Kept} {
				ids = append(ids, db.Judged("tcp db:5432", "BeLive", "live", judgement(outcome)))
			}
			db.Judged("tcp db:1", "BeLive", "live", judgement(record.Violated))
		})
		g.Expect(ids[1]).To(Equal(ids[0]))
		var all []record.Samples
		for _, e := range s.entries {
			encoded, err := json.Marshal(e)
			g.Expect(err).NotTo(HaveOccurred())
			r, err := record.Decode[record.Samples](nil, string(encoded))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Spec).To(Equal(name))
			all = append(all, r)
		}
		g.Expect(all).To(HaveLen(2), "one entry a probe")
		g.Expect(all[0].Probe).To(Equal("tcp db:5432"))
		g.Expect(all[0].Judgements).To(ConsistOf(And(HaveField("ID", ids[0]), HaveField("Outcome", record.Kept))))
	}
}
