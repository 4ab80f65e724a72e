// Package canary_test compares a new image with the one in production, side by side in one
// spec. What the machine does to one, it does to the other at the same time, so this needs no
// accepted runs and suits any runner:
//
//	CANARY_OLD=acme/shop:1.4 CANARY_NEW=acme/shop:dev go test ./examples/canary
//
// Without these variables, both are the nginx image.
package canary_test

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

func TestCanary(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Canary")
}

// worse is from when on the new image is worse: answers that take half as long again, and
// at least 20 ms more. A busy machine can hold one container back for a moment.
var worse = []ControlOption{Margin(50 * Percent), Floor(20 * time.Millisecond)}

var _ = Describe("the new image", func() {
	It("is no worse than the old one, with and without a slow network", func(ctx SpecContext) {
		production := cmp.Or(os.Getenv("CANARY_OLD"), os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")
		candidate := cmp.Or(os.Getenv("CANARY_NEW"), os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")
		before := Run(ctx, production, testcontainers.WithExposedPorts("80/tcp")).As("before")
		now := Run(ctx, candidate, testcontainers.WithExposedPorts("80/tcp")).As("now")

		// compare loads both at the same time.
		compare := func() {
			GinkgoHelper()
			usual := Watch(ctx, probe.HTTP(before, "80/tcp", "/"), PerSecond(50), For(4*time.Second))
			answers := Load(ctx, probe.HTTP(now, "80/tcp", "/"), PerSecond(50), For(4*time.Second))
			control, err := usual.Wait(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(answers).To(MatchControl(control, worse...))
		}
		for _, service := range []*Service{before, now} {
			page := probe.HTTP(service, "80/tcp", "/")
			Eventually(ctx, page.Sample).Should(BeLive())
			Load(ctx, page, PerSecond(50), For(time.Second)) // the first answers of a container are slower
		}

		compare()
		Inject(ctx, fault.Delay(50*time.Millisecond), On(before, now))
		compare()
	}, SpecTimeout(3*time.Minute))
})
