package matchers

import (
	"math"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestAnExtentSaysWhateverWasMeasured(t *testing.T) {
	longest := record.Float(float64(math.MaxInt64) / 1e9)
	none := record.Float(math.NaN())
	for _, c := range []struct {
		metric record.BaselineMetric
		values []record.Float
		want   string
	}{
		{record.P99, []record.Float{.012}, "12ms"},
		{record.P99, []record.Float{.014, .012, .013}, "13ms (12ms to 14ms)"},
		{record.P99, []record.Float{none}, "without an answer"},
		{record.P99, []record.Float{.012, none, .012}, "12ms (12ms to without an answer)"},
		{record.P99, []record.Float{longest}, "292 years or more"},
		{record.P99, []record.Float{1e300}, "292 years or more"},
		{record.P99, []record.Float{9e9}, "2500000h0m0s"},
		{record.ErrorRate, []record.Float{.004}, "0.4 %"},
		{record.ErrorRate, []record.Float{none}, "no sample"},
	} {
		windows := make([]record.BaselineWindow, len(c.values))
		for i, v := range c.values {
			windows[i] = record.BaselineWindow{ErrorRate: v, P99: v}
		}
		if got := spread(windows, c.metric).String(); got != c.want {
			t.Errorf("%s of %v is %q, want %q", c.metric, c.values, got, c.want)
		}
	}
}
