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

	for name, raw := range map[string]any{"live": window, "pointer": &window, "another process's": asMap, "a type that encodes itself": encoder{window}} {
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
			record.Injection{Fault: s, Start: time.Unix(0, d), Evidence: record.Evidence{Spoilt: s, Counts: []record.Count{{Name: s, Unit: s, Value: record.Float(x), Merge: record.Max}}}, Attestation: record.Attestation{Seed: n, Readback: []string{s}}},
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
