//go:build unix

package suite

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/runner/gate"
)

// firstOutput closes a channel when the child prints something.
type firstOutput struct {
	bytes.Buffer
	printed chan struct{}
}

func (s *firstOutput) Write(p []byte) (int, error) {
	if s.Len() == 0 {
		close(s.printed)
	}
	return s.Buffer.Write(p)
}

// fake runs a shell script in Ginkgo's place and sends it a signal after its first output.
func fake(t *testing.T, script string, signal os.Signal, grace time.Duration) (gate.Run, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "ginkgo")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	out := &firstOutput{printed: make(chan struct{})}
	if signal != nil {
		go func() {
			<-out.printed
			signals <- signal
		}()
	}
	run := Run(t.Context(), Options{Ginkgo: path, Dir: dir, Report: "r.json", Output: out, Signals: signals, Grace: grace})
	return run, out.String()
}

// fakeOf runs a shell script in Ginkgo's place, for these packages.
func fakeOf(t *testing.T, script string, packages, flags []string) gate.Run {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "ginkgo")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), Options{Ginkgo: path, Packages: packages, Flags: flags, Dir: dir, Report: "r.json", Output: new(bytes.Buffer)})
}

func onlyTrouble(t *testing.T, run gate.Run, want string) {
	t.Helper()
	if len(run.Troubles) != 1 || !strings.Contains(run.Troubles[0], want) {
		t.Errorf("troubles %q, want one with %q", run.Troubles, want)
	}
}

// The child prints "ready" when both processes have set their traps. A signal before that
// would kill the parent.
func TestASignalReachesTheWholeGroup(t *testing.T) {
	run, out := fake(t, `trap 'wait; echo parent cleaned; exit 1' TERM; sh -c 'trap "echo child cleaned; exit" TERM; echo ready; while :; do sleep 0.05; done' & wait; exit 1`, syscall.SIGTERM, time.Minute)
	if !strings.Contains(out, "child cleaned") || !strings.Contains(out, "parent cleaned") {
		t.Errorf("not all had time to clean up: %q", out)
	}
	onlyTrouble(t, run, "interrupted by a signal (terminated): the suites cleaned up and ended by themselves")
}

func TestAChildThatIgnoresSignalsIsKilled(t *testing.T) {
	run, _ := fake(t, `trap '' INT; echo ready; while :; do sleep 0.05; done`, os.Interrupt, 100*time.Millisecond)
	onlyTrouble(t, run, "interrupted by a signal (interrupt), and killed because it had not ended 100ms later")
}

func TestAChildThatLeavesNoReport(t *testing.T) {
	run, _ := fake(t, `echo went wrong; exit 3`, nil, 0)
	onlyTrouble(t, run, "r.json does not exist: the suites did not finish: Ginkgo's last output: went wrong")
	if run.Started.IsZero() || run.Ended.Before(run.Started) {
		t.Errorf("from %v to %v", run.Started, run.Ended)
	}
}

func TestAChildThatCannotStart(t *testing.T) {
	run := Run(t.Context(), Options{Ginkgo: filepath.Join(t.TempDir(), "none"), Dir: t.TempDir(), Report: "r.json", Output: new(bytes.Buffer)})
	onlyTrouble(t, run, "start the Ginkgo command: ")
}

func TestASuiteWhoseReportIsMissing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fine/fine_test.go":          "package fine\nimport \"github.com/onsi/ginkgo/v2\"",
		"crashed/deep/crash_test.go": "package deep\nimport (\n\t. \"github.com/onsi/ginkgo/v2/dsl/core\"\n)",
		"plain/plain_test.go":        "package plain\nimport \"testing\" // and not github.com/onsi/ginkgo/v2",
		"vendor/v/v_test.go":         "package v\nimport \"github.com/onsi/ginkgo/v2\"",
		"_left/out_test.go":          "package out\nimport \"github.com/onsi/ginkgo/v2\"",
		"skipped/skipped_test.go":    "package skipped\nimport \"github.com/onsi/ginkgo/v2\"",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	fine := filepath.Join(dir, "fine")
	script := `echo '[{"SuitePath":"` + fine + `","SuiteSucceeded":true,"SpecReports":[{"LeafNodeType":"It","State":"failed"}]}]' >"$(dirname "$0")/r.json"; exit 1`
	run := fakeOf(t, script, []string{"./..."}, []string{"--skip-package=skipped"})
	onlyTrouble(t, run, "suite ./crashed/deep left no report, so it may have crashed: see its log")
	for _, c := range []struct {
		packages, flags []string
		troubles        int
	}{
		{[]string{"./fine"}, nil, 0},
		{[]string{"./crashed"}, nil, 0},
		{[]string{"./crashed/deep"}, nil, 1},
		{[]string{"./crashed"}, []string{"-r"}, 1},
		{[]string{"./crashed/...", "./crashed/deep"}, nil, 1},
		{[]string{"./crashed/..."}, []string{"--skip-package", "other,deep"}, 0},
		{[]string{"./nowhere"}, nil, 0},
	} {
		if run := fakeOf(t, script, c.packages, c.flags); len(run.Troubles) != c.troubles {
			t.Errorf("%s %s: %q", c.packages, c.flags, run.Troubles)
		}
	}
}

func TestAnExitCodeThatTheReportDoesNotExplain(t *testing.T) {
	run, _ := fake(t, `echo '[{"SuiteSucceeded":true,"SpecReports":[{"LeafNodeType":"It","State":"passed"},{"LeafNodeType":"It","State":"skipped"}]}]' >"$(dirname "$0")/r.json"
echo broken; exit 1`, nil, 0)
	onlyTrouble(t, run, `Ginkgo ended with "exit status 1" though no spec in its report failed`)
}

func TestAFailedSpecExplainsTheExitCode(t *testing.T) {
	run, _ := fake(t, `echo '[{"SpecReports":[{"LeafNodeType":"It","State":"failed"}]}]' >"$(dirname "$0")/r.json"; exit 1`, nil, 0)
	if len(run.Troubles) != 0 || len(run.Specs) != 1 {
		t.Errorf("troubles %q, %d specs", run.Troubles, len(run.Specs))
	}
}
