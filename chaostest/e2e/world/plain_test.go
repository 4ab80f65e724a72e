package world_test

import (
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
	"github.com/chaosgate/chaosgate/matchers"
)

// A plain test has no place between its body and its cleanups. Both ways to terminate a
// container come before the scope's own cleanup, and neither is blamed on the container.
func TestAPlainTestTerminatesItsContainer(t *testing.T) {
	if os.Getenv(suiteVariable) != "" {
		return // this process runs a suite
	}
	image, err := images.Echo(t.Context())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for way, later := range map[string]func(t *testing.T, f func()) (deferred func()){
		"deferred":     func(_ *testing.T, f func()) func() { return f },
		"in a cleanup": func(t *testing.T, f func()) func() { t.Helper(); t.Cleanup(f); return func() {} },
	} {
		for _, f := range []fault.Fault{fault.Delay(20 * time.Millisecond), fault.Pause()} {
			t.Run(f.String()+" "+way, func(t *testing.T) {
				g := NewWithT(t)
				c, err := testcontainers.Run(t.Context(), image, testcontainers.WithExposedPorts("8080/tcp"),
					testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")))
				testcontainers.CleanupContainer(t, c)
				g.Expect(err).NotTo(HaveOccurred())
				s := scope.New(t, docker.Connect)
				service := s.Attach(t.Context(), c.GetContainerID())
				i := s.Inject(t.Context(), f, scope.On(service))
				defer later(t, func() {
					start := time.Now()
					g.Expect(testcontainers.TerminateContainer(c)).To(Succeed())
					g.Expect(time.Since(start)).To(BeNumerically("<", 8*time.Second), "it was frozen")
				})()
				if f.Kind() == fault.KindDelay {
					scope.Load(t.Context(), s, page(service), scope.PerSecond(50), scope.For(200*time.Millisecond))
				}
				g.Eventually(t.Context(), i.Evidence).WithTimeout(10 * time.Second).Should(matchers.HaveTakenEffect())
			})
		}
	}
}

// A test may inject for all its subtests, which make scopes of their own.
func TestSubtestsAreUnderTheFaultOfTheirTest(t *testing.T) {
	if os.Getenv(suiteVariable) != "" {
		return // this process runs a suite
	}
	g := NewWithT(t)
	image, err := images.Echo(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	c, err := testcontainers.Run(t.Context(), image, testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")))
	testcontainers.CleanupContainer(t, c)
	g.Expect(err).NotTo(HaveOccurred())
	s := scope.New(t, docker.Connect)
	slow := s.Inject(t.Context(), fault.Delay(20*time.Millisecond), scope.On(s.Attach(t.Context(), c.GetContainerID())))
	for _, parallel := range []string{"in turn", "in parallel", "at the same time"} {
		t.Run(parallel, func(t *testing.T) {
			if parallel != "in turn" {
				t.Parallel()
			}
			g, s := NewWithT(t), scope.New(t, docker.Connect)
			window := scope.Load(t.Context(), s, page(s.Attach(t.Context(), c.GetContainerID())), scope.PerSecond(50), scope.For(200*time.Millisecond))
			g.Expect(window.Record().Faults).To(Equal([]string{slow.String()}))
			g.Expect(float64(window.Record().P50)).To(BeNumerically(">=", 0.02))
		})
	}
}
