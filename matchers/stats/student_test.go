package stats

import (
	"math"
	"testing"
)

// The values are those of tables of Student's distribution.
func TestStudentTail(t *testing.T) {
	for _, c := range []struct {
		t       float64
		freedom int
		want    float64
	}{
		{0, 5, .5},
		{1, 1, .25},
		{-1, 1, .75},
		{5.840909, 3, .005},
		{2.353363, 3, .05},
		{1.812461, 10, .05},
		{63.656741, 1, .005},
		{math.Inf(1), 3, 0},
		{math.Inf(-1), 3, 1},
	} {
		if got := StudentTail(c.t, c.freedom); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%v with %d degrees of freedom: %v, want %v", c.t, c.freedom, got, c.want)
		}
	}
	if !math.IsNaN(StudentTail(1, 0)) || !math.IsNaN(StudentTail(math.NaN(), 3)) {
		t.Error("want NaN")
	}
}
