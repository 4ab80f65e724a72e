// Package plain_test is a chaos test without Ginkgo. The words of a spec are methods of
// the scope that scope.New makes from a testing.T.
package plain_test

import (
	"cmp"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
	"github.com/chaosgate/chaosgate/matchers"
)

func TestAnswersAgainAfterItHung(t *testing.T) {
	g, s := NewWithT(t), scope.New(t, docker.Connect)
	ctx := t.Context()

	image := cmp.Or(os.Getenv("QUICKSTART_IMAGE"), "nginx:1-alpine")
	web := s.Run(ctx, docker.Image(image, testcontainers.WithExposedPorts("80/tcp")))
	page := probe.HTTP(web, "80/tcp", "/", probe.Timeout(time.Second))
	g.Eventually(ctx, page.Sample).WithTimeout(30 * time.Second).Should(matchers.BeLive())

	hung := s.Inject(ctx, fault.Pause(), scope.On(web))
	g.Expect(page.Sample(ctx)).NotTo(matchers.BeLive())
	g.Expect(hung.Evidence(ctx)).To(matchers.HaveTakenEffect())

	hung.Revert(ctx)
	g.Eventually(ctx, page.Sample).Should(matchers.HaveRecoveredWithin(5*time.Second, hung))
}
