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

// patience is how long what the tests started may take to end.
var patience = 10 * time.Second

// Main runs the tests, and then end, which closes what they share. It exits with
// the tests' own code, or with 1 where they passed and left something behind.
func Main(m *testing.M, end ...func() error) { os.Exit(run(m.Run, end...)) }

// Checked is a testing.M that looks for leaks after its run, for a main function
// that is somebody else's, such as testscript's.
type Checked struct{ M *testing.M }

// Run is the tests' exit code, or 1 where they passed and left something behind.
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
		return code // a test that failed half-way may leave anything
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

// leaks says what is there that was not before; nothing where all has gone.
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

// startPoller has the runtime open the descriptors that it keeps for waiting.
func startPoller() {
	r, w, err := os.Pipe()
	if err != nil {
		return
	}
	_ = r.SetDeadline(time.Now()) // what needs the poller
	_, _ = r.Close(), w.Close()
}

// descriptors are the open ones by number, and nothing where the system does not
// say. That of the folder itself has gone when its target is asked for.
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
