package cli

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/report"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(leakcheck.Checked{M: m}, map[string]func(){
		"chaosgate": func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			// A PATH on which only this command is found.
			env.Setenv("BIN", filepath.SplitList(env.Getenv("PATH"))[0])
			// The suites share the caches of these tests. The Ginkgo command may need modules
			// that are not in the cache, so the proxy is passed on too.
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOTOOLCHAIN", "GOPROXY", "GOSUMDB"} {
				value, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(value)))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"module": module,
			"await":  await,
			"ran":    ran,
		},
	})
}

// module makes a go.mod and go.sum in the current directory for a user's module
// that needs this one: module PATH
func module(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: module PATH")
	}
	root := ts.Getenv("ROOT")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	ts.Check(err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	ts.Check(err)
	text := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(mod), "module "+args[0])
	text += "\nrequire github.com/chaosgate/chaosgate v0.0.0\nreplace github.com/chaosgate/chaosgate => " + root + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte(text), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("go.sum"), sum, 0o600))
}

// await waits until a file exists: await PATH
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await PATH")
	}
	deadline := time.Now().Add(3 * time.Minute)
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not appear", args[0])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// ran writes a record of passed runs. The first starts in this minute of the year, and each
// later one a minute after it: ran FILE MINUTE CPU P50-IN-MS...
func ran(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: ran FILE MINUTE CPU P50-IN-MS...")
	}
	minute, err := strconv.Atoi(args[1])
	ts.Check(err)
	r := gate.Record{Schema: gate.Schema, Environment: baseline.Environment{OS: "linux", Arch: "amd64", CPUs: 2, CPU: args[2], Kernel: "6.18.5", Go: "go1.26.8"}}
	for n, text := range args[3:] {
		ms, err := strconv.ParseFloat(text, 64)
		ts.Check(err)
		p50, start := record.Float(ms/1000), time.Date(2026, 1, 1, 0, minute+n, 0, 0, time.UTC)
		r.Runs = append(r.Runs, gate.Run{Started: start, Specs: []gate.Spec{{
			Suite: "shop", Text: "shop sells", Node: "It", State: "passed", Windows: []record.Window{{
				Schema: record.Schema, Probe: "GET /", Start: start, End: start.Add(5 * time.Second), Count: 500, P50: p50, P90: 2 * p50, P99: 3 * p50,
			}},
		}}})
	}
	var data bytes.Buffer
	ts.Check(report.JSON(&data, r))
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	ts.Check(os.WriteFile(path, data.Bytes(), 0o600))
}
