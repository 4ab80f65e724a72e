package matchers

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
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

func (o *objective) find(w *probe.Window) finding {
	f := finding{objective: o, w: w, n: w.N(), events: w.Count(o.event), outcome: record.Undecided}
	f.logE = stats.Above(o.limit).LogE(f.events, f.n)
	switch {
	case stats.Above(o.limit).Shows(f.events, f.n, o.alpha):
		f.outcome = record.Violated
	case stats.Below(o.beyond()).Shows(f.events, f.n, o.alpha):
		f.outcome = record.Kept
	}
	return f
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
	confidence := percent(1 - f.alpha)
	switch f.outcome {
	case record.Violated:
		return fmt.Sprintf("%s; with %s confidence more than %s do", f.counted(), confidence, percent3(stats.Above(f.limit).Bound(f.events, f.n, f.alpha)))
	case record.Kept:
		return fmt.Sprintf("%s; with %s confidence fewer than %s do", f.counted(), confidence, percent3(stats.Below(f.beyond()).Bound(f.events, f.n, f.alpha)))
	}
	return "undecided: " + f.undecided()
}

func (f finding) counted() string {
	s := fmt.Sprintf("%d of %d samples %s", f.events, f.n, f.verb)
	if f.n > 0 {
		s += fmt.Sprintf(" (%s, allowed %s)", percent3(float64(f.events)/float64(f.n)), percent(f.limit))
	}
	if _, observed := f.value(f.w); observed != "" {
		s += ", " + observed
	}
	return s
}

// undecided says what is missing.
func (f finding) undecided() string {
	s := fmt.Sprintf("%s: too little to tell a rate of %s from one of %s at alpha %s",
		f.counted(), percent(f.limit), percent(f.beyond()), percent(f.alpha))
	if n, err := stats.Below(f.beyond()).SamplesToShow(f.events, f.n, f.alpha); err == nil {
		s += fmt.Sprintf(": %d samples are needed if no more of them do", n)
	}
	if n, err := stats.SamplesToDetect(f.limit, f.beyond(), f.alpha, power); err == nil && n > f.n {
		s += fmt.Sprintf(", and %d to see a rate of %s with %s probability", n, percent(f.beyond()), percent(power))
	}
	return s + ": load for longer or at a higher rate"
}

// certainty says how sure the verdict is.
func (f finding) certainty() string {
	verb := "shows"
	if f.outcome != record.Violated {
		verb = "would show"
	}
	return fmt.Sprintf("e-value %s, p %s: at alpha %s an e-value of %s %s a violation, however often one looks",
		exponential(f.logE), exponential(math.Min(0, -f.logE)), percent(f.alpha), strconv.FormatFloat(1/f.alpha, 'g', 4, 64), verb)
}

// samples lists those with the event that tell most.
func (f finding) samples() string {
	var with []probe.Sample
	for _, s := range f.w.Samples() {
		if f.event(s) {
			with = append(with, s)
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

func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 6, 64) + " %"
}

// percent3 is for what was measured, where more digits would say nothing.
func percent3(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 3, 64) + " %"
}

// exponential prints exp(x) with three digits, however large or small it is.
func exponential(x float64) string {
	if math.Abs(x) < 600 {
		return strconv.FormatFloat(math.Exp(x), 'g', 3, 64)
	}
	return fmt.Sprintf("1e%+.0f", x/math.Ln10)
}
