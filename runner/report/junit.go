package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Ginkgo's own JUnit types have no place for the file and the line of a spec, by which CI
// services link to the source, so these are the gate's.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Skipped *junitMessage `xml:"skipped"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the record as JUnit XML. A regression is a failure. A tool failure, a
// guard's stop and too little evidence are errors, with the verdict as their type. The
// comparison with the baseline and the troubles of a run are separate suites.
func JUnit(w io.Writer, r gate.Record) error {
	var all junitSuites
	for n, run := range r.Runs {
		which := ""
		if len(r.Runs) > 1 {
			which = fmt.Sprintf(" (run %d of %d)", n+1, len(r.Runs))
		}
		all.Suites = append(all.Suites, runSuites(run, r.Baseline, which)...)
	}
	if b := r.Baseline; len(b.Metrics) > 0 {
		all.Suites = append(all.Suites, baselineSuite(b))
	}
	for n := range all.Suites {
		s := &all.Suites[n]
		for _, c := range s.Cases {
			s.count(c)
		}
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

func (s *junitSuite) count(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// runSuites returns the suites of a run, in the order of their first specs.
func runSuites(run gate.Run, b gate.Comparison, which string) []junitSuite {
	var suites []junitSuite
	at := map[string]int{}
	var spent []time.Duration
	for _, spec := range run.Specs {
		n, ok := at[spec.Suite]
		if !ok {
			n = len(suites)
			at[spec.Suite] = n
			suites = append(suites, junitSuite{Name: plain(spec.Suite + which), Timestamp: stamp(run.Started)})
			spent = append(spent, 0)
		}
		spent[n] += took(spec)
		suites[n].Cases = append(suites[n].Cases, specCase(b, spec))
	}
	for n := range suites {
		suites[n].Time = seconds(spent[n])
	}
	if len(run.Troubles) > 0 {
		trouble := junitSuite{Name: "chaosgate" + which, Timestamp: stamp(run.Started), Time: seconds(0)}
		for n, text := range run.Troubles {
			c := junitCase{Class: "chaosgate", Name: fmt.Sprintf("the suites run (%d)", n+1), Time: seconds(0)}
			c.fill(gate.ToolFailure, text, text)
			trouble.Cases = append(trouble.Cases, c)
		}
		suites = append(suites, trouble)
	}
	return suites
}

// took is how long the spec ran. It is zero for a skipped spec.
func took(s gate.Spec) time.Duration {
	if s.Started.IsZero() || s.Ended.IsZero() {
		return 0
	}
	return max(s.Ended.Sub(s.Started), 0)
}

func specCase(b gate.Comparison, s gate.Spec) junitCase {
	c := junitCase{
		Class: plain(s.Suite), Name: plain(s.Text), Time: seconds(took(s)),
		File: s.File, Line: s.Line, Out: plain(strings.Join(Evidence(b, s), "\n")),
	}
	var messages []string
	for _, message := range append([]string{s.Message}, s.Others...) {
		text, _ := record.Marks(message)
		messages = append(messages, text)
	}
	reason := s.Finding.Reason
	if len(s.Finding.Logs) > 0 {
		reason += "; " + s.Finding.Logs[0]
	}
	c.fill(s.Finding.Verdict, reason, strings.Join(messages, "\n\n"))
	return c
}

// fill puts the verdict into the element that JUnit has for it.
func (c *junitCase) fill(v gate.Verdict, reason, detail string) {
	m := &junitMessage{Type: string(v), Message: plain(reason), Text: plain(detail)}
	switch v {
	case gate.Pass:
	case gate.Regression:
		c.Failure = m
	case "":
		c.Skipped = &junitMessage{Message: plain(reason)}
	default:
		c.Error = m
	}
}

func baselineSuite(b gate.Comparison) junitSuite {
	s := junitSuite{Name: "baseline", Time: seconds(0)}
	if b.Pairs > 0 {
		s.Name = "reference"
	}
	for _, m := range b.Metrics {
		c := junitCase{Class: plain(m.Suite + ": " + m.Spec), Name: plain(fmt.Sprintf("%s of %s, window %d", m.Title(), m.Probe, m.Number)), Time: seconds(0), Out: plain(m.Words)}
		if m.Regressed {
			c.fill(gate.Regression, m.Words, b.Words)
		}
		s.Cases = append(s.Cases, c)
	}
	if b.Verdict == gate.Inconclusive {
		c := junitCase{Class: "baseline", Name: "every window can be compared", Time: seconds(0)}
		c.fill(gate.Inconclusive, b.Words, b.Words)
		s.Cases = append(s.Cases, c)
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// plain removes terminal colours from a text.
func plain(s string) string { return strings.TrimSpace(escapes.ReplaceAllString(s, "")) }
