// Package world_test runs whole suites against real containers while the world moves:
// they terminate their own containers, restart them, and take them off their networks.
// Each suite is a child process. Its report is judged by the real command.
package world_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// suiteVariable names the suite that this test binary runs as a child. The others are its
// report and the images of its containers.
const (
	suiteVariable  = "CHAOSGATE_WORLD_SUITE"
	reportVariable = "CHAOSGATE_WORLD_REPORT"
	echoVariable   = "CHAOSGATE_WORLD_ECHO"
	redisVariable  = "CHAOSGATE_WORLD_REDIS"
)

// suites are all suites, by what they do.
var suites = merged(teardown, nested, restarts, recreated, ended, named, networks, peers, processes, red, resources)

func merged(all ...map[string]suite) map[string]suite {
	m := map[string]suite{}
	for _, some := range all {
		maps.Copy(m, some)
	}
	return m
}

// suite is a small suite as a user would write it, and the verdict that it deserves.
type suite struct {
	specs   func() // registers its nodes
	verdict gate.Verdict
	words   string // a part of the verdict's words
	procs   int    // the parallel processes of Ginkgo's command; 0 means go test alone
	flags   []string
	check   func(gate.Run)
	shows   func(printed, junit string) // what people see
}

func TestWorld(t *testing.T) {
	RegisterFailHandler(Fail)
	if name := os.Getenv(suiteVariable); name != "" {
		if name == otherProcess {
			otherProcessSpecs()
		} else {
			suites[name].specs()
		}
		config, reporter := GinkgoConfiguration()
		if suites[name].procs == 0 {
			reporter.JSONReport = os.Getenv(reportVariable)
		}
		RunSpecs(t, name, config, reporter)
		return
	}
	var chaosgate, echo, redis string
	BeforeSuite(func(ctx SpecContext) {
		var err error
		echo, err = images.Echo(ctx)
		Expect(err).NotTo(HaveOccurred())
		redis, err = images.Redis(ctx)
		Expect(err).NotTo(HaveOccurred())
		chaosgate = filepath.Join(GinkgoT().TempDir(), "chaosgate")
		build, err := exec.CommandContext(ctx, "go", "build", "-o", chaosgate, "../../../runner/cmd/chaosgate").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), "%s", build)
	}, NodeTimeout(5*time.Minute))
	Describe("a suite", func() {
		for name, s := range suites {
			It(name, func(ctx SpecContext) {
				record, output, junit := run(ctx, chaosgate, s, suiteVariable+"="+name, echoVariable+"="+echo, redisVariable+"="+redis)
				Expect(record.Verdict).To(Equal(s.verdict), "%s\n%s", record.Words, output)
				Expect(record.Words).To(ContainSubstring(s.words), "%s", output)
				if s.check != nil {
					s.check(record.Runs[0])
				}
				if s.shows != nil {
					s.shows(output, junit)
				}
			}, SpecTimeout(3*time.Minute))
		}
	})
	RunSpecs(t, "World")
}

// run runs a suite as a child, and returns what the command says about its report, what both
// have printed, and the report for CI.
func run(ctx context.Context, chaosgate string, s suite, environment ...string) (r gate.Record, printed, junit string) {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	report := filepath.Join(dir, "report.json")
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWorld$")
	if s.procs > 0 {
		arguments := []string{
			"run", "github.com/onsi/ginkgo/v2/ginkgo", "--procs=" + strconv.Itoa(s.procs),
			"--json-report=" + filepath.Base(report), "--output-dir=" + dir,
		}
		child = exec.CommandContext(ctx, "go", append(append(arguments, s.flags...), os.Args[0])...) // a suite that Ginkgo builds is removed at its end
	}
	child.Env = append(append(os.Environ(), environment...), reportVariable+"="+report)
	output, err := child.CombinedOutput() // some suites fail on purpose
	_, ran := errors.AsType[*exec.ExitError](err)
	Expect(err == nil || ran).To(BeTrue(), "%v", err)
	judge := exec.CommandContext(ctx, chaosgate, "judge", report, "--out", dir)
	judged, _ := judge.CombinedOutput() // its exit code is that of the verdict
	data, err := os.ReadFile(filepath.Join(dir, "chaosgate.json"))
	Expect(err).NotTo(HaveOccurred(), "%s\n%s", output, judged)
	r, err = gate.Parse(data)
	Expect(err).NotTo(HaveOccurred())
	xml, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
	Expect(err).NotTo(HaveOccurred())
	return r, string(output) + string(judged), string(xml)
}

// pretty is a value as JSON, for messages.
func pretty(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}
