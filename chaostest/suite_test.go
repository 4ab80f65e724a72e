package chaostest_test

import (
	"cmp"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// nginx is the image that the examples start.
var nginx = cmp.Or(os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")

func TestMain(m *testing.M) { leakcheck.Main(m, scope.Close) }

func TestExamples(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Examples")
}

// The examples on the package's page are specs, so go test alone cannot run them.
var _ = Describe("the examples", func() {
	ExampleRun()
	ExampleNetwork()
	ExampleAttach()
	ExampleInject()
	ExampleTryInject()
	ExampleLoad()
	ExampleWatch()
})
