package chaostest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
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
)

func end(owner scope.Owner) {
	ginkgo.GinkgoHelper()
	if used.Load() {
		spec().End(owner)
	}
}

// oncePerOrdered says that a node with this decorator runs. A report does not say so.
var oncePerOrdered atomic.Bool

var _ = ginkgo.AddTreeConstructionNodeArgsTransformer(func(kind types.NodeType, _ ginkgo.Offset, text string, args []any) (string, []any, []error) {
	if kind.Is(types.NodeTypeBeforeEach|types.NodeTypeJustBeforeEach) && slices.Contains(args, any(ginkgo.OncePerOrdered)) {
		args = append(args, ginkgo.AroundNode(func(ctx context.Context, body func(context.Context)) {
			oncePerOrdered.Store(true)
			defer oncePerOrdered.Store(false)
			body(ctx)
		}))
	}
	return text, args, nil
})

// test is GinkgoT with a timeline and with owners.
type test struct{ ginkgo.FullGinkgoTInterface }

var (
	_ scope.Stepper = test{}
	_ scope.Owning  = test{}
)

// By adds a step to the spec's timeline.
func (test) By(step string) { ginkgo.By(step) }

// Owner is what the running node sets up: a spec, an Ordered container, or the suite.
func (test) Owner() scope.Owner {
	report := ginkgo.CurrentSpecReport()
	if report.LeafNodeType != types.NodeTypeIt {
		return scope.Suite
	}
	if oncePerOrdered.Load() {
		return scope.Group
	}
	for _, e := range slices.Backward(report.SpecEvents) {
		if e.SpecEventType == types.SpecEventNodeStart {
			if e.NodeType.Is(types.NodeTypeBeforeAll | types.NodeTypeAfterAll) {
				return scope.Group
			}
			break
		}
	}
	return scope.Test
}
