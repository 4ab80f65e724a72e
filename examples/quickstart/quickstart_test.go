package quickstart_test

import (
	"cmp"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestQuickstart(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Quickstart")
}

var _ = Describe("nginx", func() {
	It("answers within a second while its network is slow", func(ctx SpecContext) {
		image := cmp.Or(os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")
		web := Run(ctx, image, testcontainers.WithExposedPorts("80/tcp"))
		page := probe.HTTP(web, "80/tcp", "/")
		Eventually(ctx, page.Sample).Should(BeLive())

		Inject(ctx, fault.Delay(100*time.Millisecond), On(web))
		answers := Load(ctx, page, PerSecond(50), For(3*time.Second))

		Expect(answers).To(KeepLatencyBelow(time.Second, P95))
	}, SpecTimeout(2*time.Minute))
})
