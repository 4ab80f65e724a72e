package matchers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	// power is the probability of detection that an undecided matcher plans for.
	power = 0.9
	// evidence is how many samples a failure message shows.
	evidence = 5
	// muchLag is how late the load generator itself may be before messages say so.
	muchLag = 100 * time.Millisecond
)

// finding is what an objective finds in a window: a function of the two alone.
type finding struct {
	*objective
	w         *probe.Window
	n, events int
	logE      float64
	outcome   record.Outcome
}

func (f finding) judgement() record.Judgement {
	value, _ := f.value(f.w)
	return record.Judgement{
		Matcher: f.matcher, Objective: f.short, Outcome: f.outcome,
		Value: record.Float(value), Threshold: record.Float(f.threshold),
		Samples: f.n, Alpha: record.Float(f.alpha), LogE: record.Float(f.logE), Text: f.text(),
	}
}

// text says what was counted and what follows for the rate, or what is missing.
func (f finding) text() string {
	confidence := percent(1 - float64(f.alpha))
	switch f.outcome {
	case record.Violated:
		s := fmt.Sprintf("%s; with %s confidence more than %s do", f.counted(), confidence, percent3(stats.Above(f.limit).Bound(f.events, f.n, float64(f.alpha))))
		if f.shown != nil {
			s += f.shown(f.w, float64(f.alpha))
		}
		return s
	case record.Kept:
		return fmt.Sprintf("%s; with %s confidence fewer than %s do", f.counted(), confidence, percent3(stats.Below(f.beyond()).Bound(f.events, f.n, float64(f.alpha))))
	}
	return "undecided: " + f.undecided()
}

func (f finding) counted() string {
	s := fmt.Sprintf("%d of %s %s", f.events, samples(f.n), f.verb)
	if f.n > 0 {
		s += " (" + f.share(float64(f.events)/float64(f.n)) + ")"
	}
	if _, observed := f.value(f.w); observed != "" {
		s += ", " + observed
	}
	return s
}

// allowed says an observed share beside what is allowed.
func (o *objective) allowed(share float64) string {
	return fmt.Sprintf("%s, allowed %s", percent3(share), percent(o.limit))
}

// undecided says what is missing.
func (f finding) undecided() string {
	s := fmt.Sprintf("%s: too little to tell a rate of %s from one of %s at alpha %s",
		f.counted(), percent(f.limit), percent(f.beyond()), percent(float64(f.alpha)))
	if f.sense == Proved {
		s = fmt.Sprintf("%s: no proof that fewer than %s do, at alpha %s", f.counted(), percent(f.limit), percent(float64(f.alpha)))
	}
	if n, err := stats.Below(f.beyond()).SamplesToShow(f.events, f.n, float64(f.alpha)); err == nil {
		s += fmt.Sprintf(": %d samples are needed if no more of them do", n)
	}
	if n, err := stats.SamplesToDetect(f.limit, f.beyond(), float64(f.alpha), power); f.sense != Proved && err == nil && n > f.n {
		s += fmt.Sprintf(", and %d to see a rate of %s with %s probability", n, percent(f.beyond()), percent(power))
	}
	return s + ": load for longer or at a higher rate"
}

// certainty says how sure the verdict is.
func (f finding) certainty() string {
	logE, verb := f.logE, "would show a violation"
	switch {
	case f.outcome == record.Violated:
		verb = "shows a violation"
	case f.sense == Proved:
		logE, verb = stats.Below(f.limit).LogE(f.events, f.n), "proves it"
	}
	return fmt.Sprintf("e-value %s, p %s: at alpha %s an e-value of %s %s, however often one looks",
		exponential(logE), exponential(math.Min(0, -logE)), percent(float64(f.alpha)), round4(1/float64(f.alpha)), verb)
}

// samples lists those with the event that tell most.
func (f finding) samples() string {
	var with []probe.Sample
	all := f.w.Samples()
	for i := range all {
		if f.event(&all[i]) {
			with = append(with, all[i])
		}
	}
	var b strings.Builder
	if lag := f.w.Lag(); len(with) > 0 && lag > muchLag {
		fmt.Fprintf(&b, "\nthe load generator itself was late by up to %s: is this machine out of breath?", probe.Round(lag))
	}
	for i, s := range f.worst(with) {
		if i == 0 {
			fmt.Fprintf(&b, "\n%s:", f.title)
		}
		if i == evidence {
			break
		}
		fmt.Fprintf(&b, "\n%sat %s: %s", format.Indent, probe.Round(s.Time.Sub(f.w.Start())), s.Outcome())
	}
	return b.String()
}

// percent is for what somebody has chosen.
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 10, 64) + " %"
}

// percent3 is for what was measured, where more digits would say nothing.
func percent3(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 3, 64) + " %"
}

// fromSeconds is the duration of so many seconds, and the longest one where they are
// more: a float is rounded, so that the longest one's own seconds are.
func fromSeconds(seconds float64) time.Duration {
	nanoseconds := seconds * float64(time.Second)
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
}

// round4 prints a threshold.
func round4(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// exponential prints exp(x) with three digits, however large or small it is.
func exponential(x float64) string {
	if math.Abs(x) < 600 {
		return strconv.FormatFloat(math.Exp(x), 'g', 3, 64)
	}
	return fmt.Sprintf("1e%+.0f", x/math.Ln10)
}
