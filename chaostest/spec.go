package chaostest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// spec is the scope of every spec: GinkgoT always means the spec that runs now.
var spec = sync.OnceValue(func() *scope.Scope {
	used.Store(true)
	return scope.New(test{ginkgo.GinkgoT()}, docker.Connect)
})

// used says that a spec has used a word.
var used atomic.Bool

// A suite removes its containers in AfterEach or AfterAll, or in a DeferCleanup. These
// two nodes come before all of them, and after every JustAfterEach inside a container: the
// first at the end of each spec, and the second at the end of each Ordered container.
var (
	_ = ginkgo.JustAfterEach(func() { end(scope.Test) })
	_ = ginkgo.JustAfterEach(ginkgo.OncePerOrdered, func() { end(scope.Group) })
	// A third one knows of the failures of these two.
	_ = ginkgo.JustAfterEach(showLogs)
)

func showLogs() {
	if used.Load() {
		spec().ShowLogs()
	}
}

func end(owner scope.Owner) {
	ginkgo.GinkgoHelper()
	if used.Load() {
		spec().End(owner)
	}
}

// test is GinkgoT with a timeline and with owners.
type test struct{ ginkgo.FullGinkgoTInterface }

var (
	_ scope.Stepper    = test{}
	_ scope.Owning     = test{}
	_ scope.Identified = test{}
	_ scope.Started    = test{}
	_ scope.Showing    = test{}
)

// By adds a step to the spec's timeline.
func (test) By(step string) { ginkgo.By(step) }

// Owner is what the running node sets up: a spec, an Ordered container or one inside it, or
// the suite.
func (test) Owner() scope.Owner {
	if ginkgo.CurrentSpecReport().LeafNodeType != types.NodeTypeIt {
		return scope.Suite
	}
	return scope.Owner(setsUp.Load())
}

// Started is when the running spec began, with its first attempt.
func (test) Started() time.Time { return ginkgo.CurrentSpecReport().StartTime }

// ShowFailed adds the logs to the spec's report, where people see them if it fails.
func (test) ShowFailed(name string, logs record.Logs) {
	report := ginkgo.CurrentSpecReport()
	ginkgo.AddReportEntry(name, shown{logs}, types.ReportEntryVisibilityFailureOrVerbose, report.LeafNodeLocation)
}

// shown are logs as Ginkgo prints them: it would take {{red}} in a log for a colour.
type shown struct{ record.Logs }

// String is the logs for people.
func (s shown) String() string { return strings.ReplaceAll(s.Logs.String(), "{{", "{ {") }

// Run is another one for each spec, and for each attempt at it.
func (test) Run() string {
	report := ginkgo.CurrentSpecReport()
	return fmt.Sprint(report.StartTime.UnixNano(), " ", report.NumAttempts)
}
