package record_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestRecordsSurviveTheReport(t *testing.T) {
	window := record.Window{Schema: record.Schema, Spec: "checkout", Probe: "http", Count: 3, P50: 0.5, P90: record.Float(math.Inf(1)), P99: record.Float(math.NaN())}
	asJSON, err := json.Marshal(window)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var asMap map[string]any
	NewWithT(t).Expect(json.Unmarshal(asJSON, &asMap)).To(Succeed())

	for name, raw := range map[string]any{"live": window, "pointer": &window, "another process's": asMap, "with an encoder of its own": encoder{window}} {
		g := NewWithT(t)
		text := ""
		if name == "another process's" {
			text = string(asJSON)
		}
		got, err := record.Decode[record.Window](raw, text)
		g.Expect(err).NotTo(HaveOccurred(), name)
		g.Expect(got.Spec).To(Equal("checkout"), name)
		g.Expect(float64(got.P50)).To(Equal(0.5), name)
		g.Expect(math.IsNaN(float64(got.P99))).To(BeTrue(), name)
	}
}

type encoder struct{ window record.Window }

func (e encoder) MarshalJSON() ([]byte, error) { return json.Marshal(e.window) }

func TestANewerSchemaIsRefused(t *testing.T) {
	for _, text := range []string{`{"schema":2}`, `{"schema":0}`, `{}`} {
		_, err := record.Decode[record.Window](nil, text)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("use the chaosgate command of the library's version")), text)
	}
}

func FuzzEveryRecordEncodes(f *testing.F) {
	f.Add(math.NaN(), "a", uint64(1), int64(5))
	f.Add(math.Inf(-1), "\xff\x00", uint64(math.MaxUint64), int64(-1))
	f.Fuzz(func(t *testing.T, x float64, s string, n uint64, d int64) {
		for _, r := range []any{
			record.Injection{Fault: s, Start: time.Unix(0, d), Evidence: record.Evidence{Usage: record.Float(x), Packets: n, CPUTime: time.Duration(d)}, Attestation: record.Attestation{Seed: n, Readback: []string{s}}},
			record.Window{Spec: s, P50: record.Float(x), P99: record.Float(-x), Classes: map[string]int{s: int(d)}, Judgements: []record.Judgement{{LogE: record.Float(x), Text: s}}},
			record.Failure{Text: s},
			record.Event{Text: s, Window: &record.Window{P90: record.Float(x)}},
		} {
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatalf("encode %#v: %v", r, err)
			}
			back := reflect.New(reflect.TypeOf(r))
			if err := json.Unmarshal(data, back.Interface()); err != nil {
				t.Fatalf("decode %s: %v", data, err)
			}
		}
	})
}

func TestMergeAddsUpWhatSeveralTargetsSaw(t *testing.T) {
	g := NewWithT(t)
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	merged := record.Merge([]record.Injection{
		{Target: "a", TargetID: "1", Reverted: true, End: early, Evidence: record.Evidence{Effective: true, Packets: 3, Summary: "3 packets"}},
		{Target: "b", TargetID: "2", Reverted: false, End: late, Error: "busy", Evidence: record.Evidence{Effective: false, Packets: 4, OOMKills: 1, Summary: "4 packets"}},
	})
	g.Expect(merged.Target).To(Equal("a, b"))
	g.Expect(merged.Reverted).To(BeFalse(), "all must be reverted")
	g.Expect(merged.End).To(Equal(late))
	g.Expect(merged.Error).To(Equal("b: busy"))
	g.Expect(merged.Evidence).To(Equal(record.Evidence{Effective: false, Packets: 7, OOMKills: 1, Summary: "a: 3 packets; b: 4 packets"}))
	g.Expect(record.Merge(nil)).To(Equal(record.Injection{Schema: record.Schema}))
}
