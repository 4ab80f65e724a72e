package chaostest

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// An Ordered container is a group of specs with one setup, and so is each container inside
// it. Ginkgo's reports do not say in which container a setup node is, so that is noted while
// the tree of specs is built.

// built are the containers whose bodies run now, the outermost first. Nodes of the suite
// are built one after the other.
var built []*container

type container struct {
	ordered bool // it is Ordered, or inside one that is
	ends    bool // it has a node that ends what the containers inside it own
}

// setsUp is the group that the running node sets up. It is scope.Test if that is none.
var setsUp atomic.Int64

// setups are the nodes in which a fault or a container may be set up.
const setups = types.NodeTypeIt | types.NodeTypeBeforeEach | types.NodeTypeJustBeforeEach | types.NodeTypeAfterEach | types.NodeTypeJustAfterEach |
	types.NodeTypeBeforeAll | types.NodeTypeAfterAll | types.NodeTypeBeforeSuite | types.NodeTypeAfterSuite |
	types.NodeTypeSynchronizedBeforeSuite | types.NodeTypeSynchronizedAfterSuite

var _ = ginkgo.AddTreeConstructionNodeArgsTransformer(func(kind types.NodeType, _ ginkgo.Offset, text string, args []any) (string, []any, []error) {
	switch {
	case kind.Is(types.NodeTypeContainer):
		args = follow(args)
	case kind.Is(types.NodeTypeBeforeAll | types.NodeTypeAfterAll):
		args = append(args, owns(len(built)-1))
	case kind.Is(types.NodeTypeBeforeEach|types.NodeTypeJustBeforeEach) && slices.Contains(args, any(ginkgo.OncePerOrdered)):
		endInside()
		args = append(args, owns(len(built)))
	}
	if kind.Is(setups) {
		args = append(args, ginkgo.AroundNode(withLate))
	}
	return text, args, nil
})

// follow notes that a container's body runs.
func follow(args []any) []any {
	inside := endInside()
	ordered := inside || slices.Contains(args, any(ginkgo.Ordered))
	args = slices.Clone(args)
	for n, a := range args {
		if body, ok := a.(func()); ok {
			args[n] = func() {
				built = append(built, &container{ordered: ordered})
				defer func() { built = built[:len(built)-1] }()
				body()
			}
		}
	}
	return args
}

// endInside adds a node to an ordered container that ends what each container inside it
// owns, at that one's end. It reports whether the container that is being built is ordered.
// Where none is, the node of the suite does the same.
func endInside() (ordered bool) {
	if len(built) == 0 || !built[len(built)-1].ordered {
		return false
	}
	if c := built[len(built)-1]; !c.ends {
		c.ends = true
		inside := scope.Group + scope.Owner(len(built))
		ginkgo.JustAfterEach(ginkgo.OncePerOrdered, func() { end(inside) })
	}
	return true
}

// owns says that what a node sets up is for a group, which is inside so many others.
func owns(depth int) types.AroundNodeDecorator {
	return ginkgo.AroundNode(func(ctx context.Context, body func(context.Context)) {
		before := setsUp.Swap(int64(scope.Group) + int64(depth))
		defer setsUp.Store(before)
		body(ctx)
	})
}
