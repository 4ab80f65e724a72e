package probe

import (
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// A load is not evidence if its generator started more than lateShare of the samples more
// than lateAfter late. Then the machine is overloaded, or the rate is too high for it, and
// the service is not to blame. A trial of a rate is stricter.
const (
	lateAfter        = 500 * time.Millisecond
	lateAfterInTrial = LateAfter
	lateShare        = 0.05
	// fewLate samples are never too many: a pause of the machine hits that many.
	fewLate = 3
	// enough samples have ended for a load to be given up before its end.
	enough = 200
)

// LateAfter is how late the load generator may start a sample before the record counts it as
// late.
const LateAfter = 100 * time.Millisecond

// TooLate reports whether so many of n samples started late that the machine was not fit to
// measure: more than 3, and more than 5 %.
func TooLate(late, n int) bool { return late > fewLate && float64(late) > lateShare*float64(n) }

// lateness counts the samples that the load generator started late.
type lateness struct {
	after   time.Duration // how late is late
	n, late int
	worst   time.Duration
}

func (l *lateness) add(s *Sample) {
	l.n++
	if s.Lag > l.after {
		l.late++
	}
	l.worst = max(l.worst, s.Lag)
}

// early is check for a load that has not ended.
func (l *lateness) early() error {
	if l.n < enough {
		return nil
	}
	return l.check()
}

// check returns an error if too many samples were late.
func (l *lateness) check() error {
	if !TooLate(l.late, l.n) {
		return nil
	}
	return fmt.Errorf("this machine is overloaded: %s of %s were started more than %s late, at worst %s, so the service was not measured: use a lower rate, KeepAlive, or a machine with more processors",
		units.Number(l.late), units.Plural(l.n, "sample"), l.after, units.Round(l.worst))
}
