// Package leakcheck fails a test program that leaves a goroutine or a file
// descriptor behind:
//
//	func TestMain(m *testing.M) { leakcheck.Main(m) }
package leakcheck

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega/gleak"
)

// patience is the time in which everything that the tests started must end.
var patience = 10 * time.Second

// Main runs the tests and then the end functions, which close what the tests share. It
// exits with the code of the tests, or with 1 if they passed but left something behind.
func Main(m *testing.M, end ...func() error) { os.Exit(run(m.Run, end...)) }

// Checked is a testing.M that checks for leaks after its run. Use it with another
// package's main function, such as testscript's.
type Checked struct{ M *testing.M }

// Run returns the exit code of the tests, or 1 if they passed but left something behind.
func (c Checked) Run() int { return run(c.M.Run) }

func run(tests func() int, end ...func() error) int {
	startPoller()
	goroutines, files := gleak.Goroutines(), descriptors()
	code := tests()
	for _, e := range end {
		if err := e(); err != nil {
			fmt.Fprintln(os.Stderr, "close what the tests share:", err)
			return max(code, 1)
		}
	}
	if code != 0 {
		return code // a test that failed may leave anything behind
	}
	http.DefaultClient.CloseIdleConnections()
	deadline := time.Now().Add(patience)
	for {
		left := leaks(goroutines, files)
		if left == "" {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Fprintln(os.Stderr, "the tests passed and left behind:\n"+left)
			return 1
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// leaks lists what is there now and was not there before; it is empty if there is
// nothing.
func leaks(goroutines []gleak.Goroutine, files map[string]string) string {
	var all []string
	matcher := gleak.HaveLeaked(goroutines)
	if leaked, err := matcher.Match(gleak.Goroutines()); err != nil || leaked {
		all = append(all, matcher.FailureMessage(gleak.Goroutines()))
	}
	for number, target := range descriptors() {
		if files[number] != target {
			all = append(all, fmt.Sprintf("file descriptor %s: %s", number, target))
		}
	}
	return strings.Join(all, "\n")
}

// startPoller makes the runtime open the file descriptors of its poller, so that they do
// not count as leaks.
func startPoller() {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	_ = r.SetDeadline(time.Now()) // a deadline needs the poller
	_, _ = r.Close(), w.Close()
}

// descriptors are the open file descriptors by number, or nil if the system does not
// list them. The descriptor of the folder itself is closed before its target is read.
func descriptors() map[string]string {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	open := map[string]string{}
	for _, e := range entries {
		if target, err := os.Readlink(folder + "/" + e.Name()); err == nil {
			open[e.Name()] = target
		}
	}
	return open
}
