package chaostest

import (
	"sync"

	"github.com/onsi/ginkgo/v2"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// spec is the scope of every spec: GinkgoT always means the spec that runs now.
var spec = sync.OnceValue(func() *scope.Scope { return scope.New(test{ginkgo.GinkgoT()}, docker.Connect) })

// test is GinkgoT with a timeline.
type test struct{ ginkgo.FullGinkgoTInterface }

var _ scope.Stepper = test{}

// By adds a step to the spec's timeline.
func (test) By(step string) { ginkgo.By(step) }
