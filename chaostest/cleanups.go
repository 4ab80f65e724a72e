package chaostest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// Ginkgo takes no cleanup from a DeferCleanup or a DeferOnFailure. What these set up ends
// with them.

// late are the cleanups of the one that runs.
var late struct {
	sync.Mutex
	around bool // withLate runs them
	all    []func()
}

// withLate runs a node and the cleanups that it may not give to Ginkgo, the last first. A
// DeferCleanup or DeferOnFailure has it from the node that has registered it.
func withLate(ctx context.Context, body func(context.Context)) {
	late.Lock()
	late.around = true
	late.Unlock()
	defer runLate()
	ended := false
	defer func() { //nolint:contextcheck // ctx may have ended
		if !ended && ginkgo.CurrentSpecReport().LeafNodeType.Is(types.NodeTypeBeforeSuite|types.NodeTypeSynchronizedBeforeSuite) {
			showFailing()
		}
	}()
	body(ctx)
	ended = true
}

// showFailing shows the logs of a BeforeSuite that fails. No node comes after it that has the
// same report, and Ginkgo does not know yet that it has failed.
func showFailing() {
	failing.Store(true)
	defer failing.Store(false)
	showLogs()
}

var failing atomic.Bool

// Failed reports whether the spec or the node has failed.
func (t test) Failed() bool { return failing.Load() || t.FullGinkgoTInterface.Failed() }

// runLate runs all cleanups, also those after one that fails.
func runLate() {
	late.Lock()
	all := late.all
	if len(all) == 0 {
		late.around = false
		late.Unlock()
		return
	}
	last := all[len(all)-1]
	late.all = slices.Clip(all[:len(all)-1])
	late.Unlock()
	defer runLate()
	last()
}

// Cleanup runs the function at the end of what the running node sets up.
func (t test) Cleanup(f func()) {
	if !deferred() {
		t.FullGinkgoTInterface.Cleanup(f)
		return
	}
	late.Lock()
	defer late.Unlock()
	if late.around {
		late.all = append(late.all, f)
		return
	}
	t.FullGinkgoTInterface.Cleanup(f) // Ginkgo says that it cannot
}

// deferred reports whether the running node is a DeferCleanup or a DeferOnFailure.
func deferred() bool {
	const kinds = types.NodeTypeCleanupAfterEach | types.NodeTypeCleanupAfterAll | types.NodeTypeCleanupAfterSuite |
		types.NodeTypeOnFailureEach | types.NodeTypeOnFailureAll | types.NodeTypeOnFailureSuite
	report := ginkgo.CurrentSpecReport()
	for _, e := range slices.Backward(report.SpecEvents) {
		if e.SpecEventType == types.SpecEventNodeStart {
			return e.NodeType.Is(kinds)
		}
	}
	return report.LeafNodeType.Is(kinds)
}
