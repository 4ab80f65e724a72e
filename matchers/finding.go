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
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	// power is the probability of detection that an undecided matcher plans for.
	power = 0.9
	// evidence is how many samples a failure message shows.
	evidence = 5
	// plannedRate is how many times the limit a rate must be before a message plans for it.
	plannedRate = 1.5
	// muchLag is how late the load generator itself may be before messages say so.
	muchLag = 100 * time.Millisecond
)

// finding is what an objective finds in a window. It depends on these two alone.
type finding struct {
	*objective
	w         *probe.Window
	n, events int
	burst     float64 // how many events come together
	late      int     // samples that started too late to be evidence
	logE      float64
	// warming says that only the time in which a service may warm up shows a violation.
	warming bool
	outcome record.Outcome
}

// rule is what decides about the window.
func (f finding) rule() stats.Objective {
	rule := f.objective.rule()
	rule.Burst = f.burst
	return rule
}

func (f finding) judgement() record.Judgement {
	value, _ := f.value(f.w)
	return record.Judgement{
		Matcher: f.matcher, Objective: f.short, Outcome: f.outcome,
		Value: record.Float(value), Threshold: record.Float(f.threshold),
		Samples: f.n, Alpha: record.Float(f.alpha), LogE: record.Float(f.logE), Text: f.text(),
	}
}

// text says what was counted and what that shows about the rate, or what is missing.
func (f finding) text() string {
	confidence := units.Chosen(1 - float64(f.alpha))
	switch f.outcome {
	case record.Violated:
		s := fmt.Sprintf("%s; with %s confidence more than %s do", f.counted(), confidence, units.Percent(f.rule().AtLeast(f.events, f.n)))
		if f.shown != nil {
			s += f.shown(f.w, f.rule())
		}
		return s
	case record.Kept:
		return fmt.Sprintf("%s; with %s confidence fewer than %s do", f.counted(), confidence, units.Percent(f.rule().AtMost(f.events, f.n)))
	}
	if f.outcome == record.ToolFailed {
		return overloadedText(f.late, f.w, f.lateAfter)
	}
	return "undecided: " + f.undecided()
}

// overloaded reports whether this machine started too many samples late. While a load goes
// on, that waits for enough of them.
func (f finding) overloaded() bool {
	return probe.TooLate(f.late, f.w.N()) && (!f.w.Growing() || f.w.N() >= enoughLate)
}

// enoughLate is how many samples say that this machine is overloaded before a load has ended.
const enoughLate = 200

// overloadedText says that the measurement is no evidence about the service.
func overloadedText(late int, w *probe.Window, after time.Duration) string {
	return fmt.Sprintf("this machine is overloaded: the load generator started %s of %s more than %s late, at worst %s, so the service was not measured: use a lower rate, or a machine with more processors",
		units.Number(late), samples(w.N()), after, units.Round(w.Lag()))
}

func (f finding) counted() string {
	s := fmt.Sprintf("%s of %s %s", units.Number(f.events), samples(f.n), f.verb)
	if f.n > 0 {
		s += " (" + f.observed() + ", " + f.allowed() + ")"
	}
	return s + f.observedValue() + f.burstText() + f.lateText()
}

// burstText says that the events come in bursts, which count less. It follows a count.
func (f finding) burstText() string {
	if f.burst < fewestInBurst {
		return ""
	}
	return fmt.Sprintf(", in bursts of about %.0f, so that they count as %s", f.burst, about(float64(f.events)/f.burst))
}

// lateText says that samples did not count.
func (f finding) lateText() string {
	if f.late == 0 {
		return ""
	}
	return fmt.Sprintf(", and %s started more than %s late, which is no evidence", units.Number(f.late), f.lateAfter)
}

// fewestInBurst is the size from which on messages speak of bursts.
const fewestInBurst = 1.5

// about is a number of events, to two digits.
func about(n float64) string { return strconv.FormatFloat(n, 'g', 2, 64) }

// observedValue is what was observed, in words that follow a count.
func (f finding) observedValue() string {
	if _, observed := f.value(f.w); observed != "" {
		return ", " + observed
	}
	return ""
}

// observed says the share of samples with the event, or of those without it.
func (f finding) observed() string {
	share := float64(f.events) / float64(f.n)
	say := units.Percent
	if units.Percent(share) == units.Chosen(f.limit) && !f.rule().Within(f.events, f.n) {
		say = units.Chosen[float64] // rounded, it would seem to be what is allowed
	}
	if f.availability {
		return "availability " + say(1-share)
	}
	return say(share)
}

// allowed says the limit.
func (o *objective) allowed() string {
	if o.availability {
		return "required " + units.Chosen(o.threshold)
	}
	return "allowed " + units.Chosen(o.limit)
}

// exceeds says that what was observed is beyond the limit.
func (o *objective) exceeds() string {
	if o.availability {
		return "less than the " + units.Chosen(o.threshold) + " required"
	}
	return "more than the " + units.Chosen(o.limit) + " allowed"
}

// advice is what to do about too little evidence.
const advice = ": load for longer or at a higher rate"

// undecided says what is missing.
func (f finding) undecided() string {
	if f.warming {
		return fmt.Sprintf("%s, most of them in the first %s, in which a service may warm up: load for longer, or judge the load when it has ended", f.counted(), warmUp)
	}
	if !f.rule().Within(f.events, f.n) {
		return f.notShown()
	}
	s := fmt.Sprintf("%s: too little to tell a rate of %s from one of %s at alpha %s",
		f.counted(), units.Chosen(f.limit), units.Chosen(f.rule().Beyond()), units.Chosen(float64(f.alpha)))
	if f.proof == Proved {
		s = fmt.Sprintf("%s: no proof that fewer than %s do, at alpha %s", f.counted(), units.Chosen(f.limit), units.Chosen(float64(f.alpha)))
	}
	if n, err := f.rule().SamplesToKeep(f.events, f.n); err == nil {
		s += fmt.Sprintf(": %s are needed if no more of them do", samples(n))
	}
	if n, ok := f.toDetect(f.rule().Beyond()); f.proof != Proved && ok {
		s += fmt.Sprintf(", and %s to see a rate of %s with %s probability", units.Number(n), units.Chosen(f.rule().Beyond()), units.Chosen(power))
	}
	return s + advice
}

// toDetect is how many samples show a rate, bursts of this size included. It is false if
// there is no such number, or if there are as many already.
func (f finding) toDetect(rate float64) (int, bool) {
	n, err := stats.SamplesToDetect(f.limit, rate, float64(f.alpha), power)
	n = int(math.Ceil(float64(n) * f.burst))
	return n, err == nil && n > f.n
}

// notShown is for a window that exceeded the limit, but not by enough to show that the
// service does.
func (f finding) notShown() string {
	alpha := float64(f.alpha)
	s := fmt.Sprintf("%s of %s %s (%s), %s%s%s, but not shown at alpha %s",
		units.Number(f.events), samples(f.n), f.verb, f.observed(), f.exceeds(), f.observedValue(), f.burstText()+f.lateText(), units.Chosen(alpha))
	if n, err := f.rule().SamplesToKeep(f.events, f.n); err == nil {
		s += fmt.Sprintf(": %s keep it if no more of them do", samples(n))
	}
	// Close to the limit it would take long to show, and more samples are as likely to show
	// the opposite.
	if rate := float64(f.events) / float64(f.n); rate >= plannedRate*f.limit {
		if n, ok := f.toDetect(rate); ok {
			s += fmt.Sprintf(", and %s show it with %s probability if the rate stays", units.Number(n), units.Chosen(power))
		}
	}
	return s + advice
}

// certainty says how sure the verdict is.
func (f finding) certainty() string {
	logE, verb := f.logE, "would show a violation"
	switch {
	case f.outcome == record.Violated:
		verb = "shows a violation"
	case f.proof == Proved:
		logE, verb = f.rule().LogEBelow(f.events, f.n), "proves it"
	}
	return fmt.Sprintf("e-value %s, p %s: at alpha %s an e-value of %s %s, however often one looks",
		exponential(logE), exponential(math.Min(0, -logE)), units.Chosen(float64(f.alpha)), round4(1/float64(f.alpha)), verb)
}

// samples lists the samples with the event that explain the most.
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
		fmt.Fprintf(&b, "\nthe load generator itself was late by up to %s: is this machine overloaded?", units.Round(lag))
	}
	for i, s := range f.worst(with) {
		if i == 0 {
			fmt.Fprintf(&b, "\n%s:", f.title)
		}
		if i == evidence {
			break
		}
		fmt.Fprintf(&b, "\n%sat %s: %s", format.Indent, units.Round(s.Time.Sub(f.w.Start())), s.Outcome())
	}
	return b.String()
}

var nan = math.NaN()

// fromSeconds converts seconds to a duration, and too many of them to the longest one. A
// float is rounded, so even the longest duration's own seconds are too many.
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
