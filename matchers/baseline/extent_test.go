package baseline

import (
	"math"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestExtentHasATextForEveryValue(t *testing.T) {
	longest := record.Float(float64(math.MaxInt64) / 1e9)
	none := record.Float(math.NaN())
	for _, c := range []struct {
		metric MetricName
		values []record.Float
		want   string
	}{
		{P99, []record.Float{.012}, "12ms"},
		{P99, []record.Float{.014, .012, .013}, "13ms (12ms to 14ms)"},
		{P99, []record.Float{none}, "without an answer"},
		{P99, []record.Float{.012, none, .012}, "12ms (12ms to without an answer)"},
		{P99, []record.Float{longest}, "292 years or more"},
		{P99, []record.Float{1e300}, "292 years or more"},
		{P99, []record.Float{9e9}, "2500000h0m0s"},
		{ErrorRate, []record.Float{.004}, "0.4 %"},
		{ErrorRate, []record.Float{none}, "no sample"},
	} {
		values := make([]float64, len(c.values))
		for i, v := range c.values {
			values[i] = Window{ErrorRate: v, P99: v}.Value(c.metric)
		}
		if got := extentOf(c.metric, values).String(); got != c.want {
			t.Errorf("%s of %v is %q, want %q", c.metric, c.values, got, c.want)
		}
	}
}
