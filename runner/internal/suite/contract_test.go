package suite

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// contractReport names the file to which the child of TestMatchersToTheVerdict reports.
const contractReport = "CHAOSGATE_TEST_CONTRACT"

// briefly is how long the contract's assertions poll.
const briefly = 30 * time.Millisecond

// assertion is one way to use a matcher. sense is false if the assertion asks for the
// opposite of what the matcher says.
type assertion struct {
	name  string
	sense bool
	ask   func(actual func() any, m types.GomegaMatcher)
}

var assertions = []assertion{
	{"To", true, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).To(m) }},
	{"NotTo", false, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).NotTo(m) }},
	{"annotated", true, func(actual func() any, m types.GomegaMatcher) {
		Expect(actual()).To(m, "orders of %s\nare late", "March")
	}},
	{"Not", false, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).To(Not(m)) }},
	{"And", true, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).To(And(Not(BeNil()), m)) }},
	{"And negated", false, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).NotTo(And(Not(BeNil()), m)) }},
	{"Or", true, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).To(Or(BeNil(), m)) }},
	{"Or negated", false, func(actual func() any, m types.GomegaMatcher) { Expect(actual()).NotTo(Or(BeNil(), m)) }},
	{"Eventually", true, func(actual func() any, m types.GomegaMatcher) {
		Eventually(actual).WithTimeout(briefly).WithPolling(time.Millisecond).Should(m)
	}},
	{"Eventually negated", false, func(actual func() any, m types.GomegaMatcher) {
		Eventually(actual).WithTimeout(briefly).WithPolling(time.Millisecond).ShouldNot(m, "annotated")
	}},
	{"Eventually Or", true, func(actual func() any, m types.GomegaMatcher) {
		Eventually(actual).WithTimeout(briefly).WithPolling(time.Millisecond).Should(Or(BeNil(), m))
	}},
	{"Consistently", true, func(actual func() any, m types.GomegaMatcher) {
		Consistently(actual).WithTimeout(briefly).WithPolling(time.Millisecond).Should(m)
	}},
	{"Consistently negated", false, func(actual func() any, m types.GomegaMatcher) {
		Consistently(actual).WithTimeout(briefly).WithPolling(time.Millisecond).ShouldNot(m)
	}},
	{"Consistently Not", false, func(actual func() any, m types.GomegaMatcher) {
		Consistently(actual).WithTimeout(briefly).WithPolling(time.Millisecond).Should(And(Not(BeNil()), Not(m)))
	}},
}

// wants is the verdict on a spec that makes this assertion about the fact.
func (a assertion) wants(f fact) gate.Verdict {
	switch {
	case f.misused:
		return gate.Regression
	case f.outcome == record.Undecided:
		return gate.Inconclusive
	case f.outcome == record.ToolFailed:
		return gate.ToolFailure
	case f.stops || a.sense != (f.outcome == record.Kept):
		return gate.Regression
	}
	return gate.Pass
}

// TestMatchersToTheVerdict makes every assertion about every outcome of every matcher, in
// specs that Ginkgo runs in a child process, and judges their report. The words of the
// messages must not change a verdict, so the report is judged again with other words.
func TestMatchersToTheVerdict(t *testing.T) {
	if path := os.Getenv(contractReport); path != "" {
		runContract(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "contract.json")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMatchersToTheVerdict$")
	child.Env = append(os.Environ(), contractReport+"="+path)
	output, _ := child.CombinedOutput() // it exits with 1, because most specs fail on purpose
	run, err := Read(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	want := map[string]gate.Verdict{}
	for _, f := range facts() {
		for _, a := range assertions {
			want[f.name+" "+a.name] = a.wants(f)
		}
	}
	for name, s := range toolSpecs {
		want[name] = s.want
	}
	for _, trouble := range run.Troubles {
		t.Error(trouble)
	}
	if len(run.Specs) != len(want) {
		t.Errorf("%d specs ran, want %d", len(run.Specs), len(want))
	}
	for _, s := range run.Specs {
		finding := gate.JudgeSpec(s)
		if finding.Verdict != want[s.Text] {
			t.Errorf("%s: verdict %q, want %q: %s\nit failed with: %s", s.Text, finding.Verdict, want[s.Text], finding.Reason, s.Message)
		}
		if blind := gate.JudgeSpec(scrambled(t, s)); blind.Verdict != finding.Verdict {
			t.Errorf("%s: verdict %q, and %q in other words: %s", s.Text, finding.Verdict, blind.Verdict, s.Message)
		}
		if text := finding.Reason + strings.Join(finding.Also, ""); strings.Contains(text, "chaosgate: ") {
			t.Errorf("%s: the mark is shown to people: %s", s.Text, text)
		}
		if strings.HasSuffix(s.Text, " annotated") && finding.Judgement != nil && (finding.Annotation != "orders of March are late" || !strings.Contains(finding.Reason, "orders of March are late")) {
			t.Errorf("%s: the annotation is %q, and the reason %s", s.Text, finding.Annotation, finding.Reason)
		}
	}
}

var letters = regexp.MustCompile(`\pL`)

// scrambled is the spec with other words in all texts. The marks stay, and so does
// everything in the records that is not text.
func scrambled(t *testing.T, s gate.Spec) gate.Spec {
	t.Helper()
	other := func(text string) string { return letters.ReplaceAllString(text, "x") }
	message := func(message string) string {
		lines := strings.Split(message, "\n")
		for i, line := range lines {
			if _, marks := record.Marks(line); len(marks) == 0 {
				lines[i] = other(line)
			}
		}
		return strings.Join(lines, "\n")
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var blind gate.Spec
	if err := json.Unmarshal(data, &blind); err != nil {
		t.Fatal(err)
	}
	judgements := func(all []record.Judgement) {
		for i := range all {
			all[i].Matcher, all[i].Objective, all[i].Text = other(all[i].Matcher), other(all[i].Objective), other(all[i].Text)
		}
	}
	blind.Message = message(s.Message)
	for i := range blind.Others {
		blind.Others[i] = message(s.Others[i])
	}
	for i := range blind.Failures {
		blind.Failures[i].Text = other(s.Failures[i].Text)
	}
	for i := range blind.Windows {
		blind.Windows[i].Probe = other(s.Windows[i].Probe)
		judgements(blind.Windows[i].Judgements)
	}
	for i := range blind.Samples {
		blind.Samples[i].Probe = other(s.Samples[i].Probe)
		judgements(blind.Samples[i].Judgements)
	}
	for i := range blind.Injections {
		one := &blind.Injections[i]
		one.Fault, one.Target, one.Filter, one.Evidence.Summary = other(one.Fault), other(one.Target), other(one.Filter), other(one.Evidence.Summary)
		judgements(one.Judgements)
	}
	return blind
}

// runContract runs the specs in the child process.
func runContract(t *testing.T, path string) {
	t.Helper()
	RegisterFailHandler(ginkgo.Fail)
	for _, f := range facts() {
		for _, a := range assertions {
			ginkgo.It(f.name+" "+a.name, func(ctx ginkgo.SpecContext) {
				actual, matcher := f.make(ctx)
				a.ask(actual, matcher)
			})
		}
	}
	for name, s := range toolSpecs {
		ginkgo.It(name, func(ctx ginkgo.SpecContext) { s.body(ctx) })
	}
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.RandomizeAllSpecs = true
	reporter.JSONReport = path
	ginkgo.RunSpecs(t, "contract", suite, reporter)
}
