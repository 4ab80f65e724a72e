// Package compare_test watches a service while a fault comes and goes, and compares
// it with what it was before.
package compare_test

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

func TestCompare(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Compare")
}

// slower is how much longer answers must take to count as slower: at least twice as long,
// and at least 20 ms more. Without it, a busy machine would count as slower.
var slower = []ControlOption{Margin(100 * Percent), Floor(20 * time.Millisecond)}

var _ = Describe("nginx", func() {
	It("stays available behind a slow network, and is as fast as before afterwards", func(ctx SpecContext) {
		image := cmp.Or(os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")
		web := Run(ctx, image, testcontainers.WithExposedPorts("80/tcp"))
		page := probe.HTTP(web, "80/tcp", "/")
		Eventually(ctx, page.Sample).Should(BeLive())

		// This watch runs until the end of the spec.
		whole := Watch(ctx, page, PerSecond(50))
		usual := Load(ctx, page, PerSecond(100), For(2*time.Second))

		late := Inject(ctx, fault.Delay(100*time.Millisecond), On(web))
		during := Load(ctx, page, PerSecond(100), For(2*time.Second))
		Expect(late.Evidence(ctx)).To(HaveTakenEffect())
		late.Revert(ctx)
		after := Load(ctx, page, PerSecond(100), For(2*time.Second))

		Expect(during).NotTo(MatchControl(usual, slower...), "the delay shows")
		Expect(during).To(MatchControl(usual, ErrorsOnly), "and costs no answer")
		Expect(after).To(MatchControl(usual, slower...))
		Eventually(ctx, whole.Window).WithTimeout(time.Minute).Should(KeepAvailabilityAbove(95*Percent, Proved, Alpha(0.01)))
	}, SpecTimeout(3*time.Minute))
})
