package world_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// own starts a container as a suite does that does not know this library.
func own(ctx context.Context, options ...testcontainers.ContainerCustomizer) *testcontainers.DockerContainer {
	GinkgoHelper()
	c, err := testcontainers.Run(ctx, os.Getenv(echoVariable), append([]testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")),
		testcontainers.WithHostConfigModifier(func(h *container.HostConfig) { h.NanoCPUs = 500_000_000 }), // there may be no more
	}, options...)...)
	DeferCleanup(testcontainers.TerminateContainer, c) // if the suite has failed before
	Expect(err).NotTo(HaveOccurred())
	return c
}

// terminate ends a container, and fails the suite if that takes long: a frozen container
// takes the ten seconds after which the engine kills it.
func terminate(ctx context.Context, c *testcontainers.DockerContainer) {
	GinkgoHelper()
	start := time.Now()
	Expect(c.Terminate(ctx)).To(Succeed())
	Expect(time.Since(start)).To(BeNumerically("<", 8*time.Second), "it was frozen")
}

// page is a probe of the container.
func page(s *Service) probe.Probe { return probe.HTTP(s, "8080/tcp", "/healthz") }

// loaded puts a load on the service.
func loaded(ctx context.Context, s *Service) *probe.Window {
	return Load(ctx, page(s), PerSecond(50), For(500*time.Millisecond)) //nolint:contextcheck // making a probe asks nobody
}

var teardown = map[string]suite{
	"that terminates its container in AfterEach passes": {specs: func() {
		for name, f := range map[string]fault.Fault{"delay": fault.Delay(20 * time.Millisecond), "burn": fault.CPUBurn(0.2), "pause": fault.Pause()} {
			Describe(name, func() {
				var c *testcontainers.DockerContainer
				BeforeEach(func(ctx SpecContext) { c = own(ctx) })
				AfterEach(func(ctx SpecContext) { terminate(ctx, c) })
				It("has a fault", func(ctx SpecContext) {
					s := Attach(ctx, c.GetContainerID())
					seen := Watch(ctx, page(s), PerSecond(50))
					i := Inject(ctx, f, On(s))
					Eventually(ctx, i.Evidence).Should(HaveTakenEffect())
					if name != "pause" {
						Expect(loaded(ctx, s)).To(KeepErrorRateBelow(50 * Percent))
					}
					DeferCleanup(func() {
						window, err := seen.Window()
						Expect(err).NotTo(HaveOccurred())
						Expect(window.Record().Classes).NotTo(HaveKey(ContainSubstring("refused")), "the load has not seen the teardown")
					})
				})
			})
		}
	}, verdict: gate.Pass, words: "3 specs passed with 3 injections"},

	"that terminates its container in AfterAll passes": {specs: func() {
		Describe("in order", Ordered, func() {
			var c *testcontainers.DockerContainer
			var s *Service
			var slow *Injection
			BeforeAll(func(ctx SpecContext) {
				c = own(ctx)
				s = Attach(ctx, c.GetContainerID())
				slow = Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
			})
			AfterAll(func(ctx SpecContext) { terminate(ctx, c) })
			It("first", func(ctx SpecContext) { loaded(ctx, s) })
			It("second", func(ctx SpecContext) {
				Expect(slow.Active()).To(BeTrue())
				loaded(ctx, s)
				Inject(ctx, fault.Pause(), On(s))
			})
		})
	}, verdict: gate.Pass, words: "2 specs passed with 2 injections", check: underDelay(2)},

	"that sets up once for ordered specs passes": {specs: func() {
		var c *testcontainers.DockerContainer
		var s *Service
		var slow *Injection
		BeforeEach(OncePerOrdered, func(ctx SpecContext) {
			c = own(ctx)
			s = Attach(ctx, c.GetContainerID())
			slow = Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
		})
		AfterEach(OncePerOrdered, func(ctx SpecContext) { terminate(ctx, c) })
		Describe("in order", Ordered, func() {
			It("first", func(ctx SpecContext) { loaded(ctx, s) })
			It("second", func(ctx SpecContext) {
				Expect(slow.Active()).To(BeTrue())
				loaded(ctx, s)
			})
		})
		It("alone", func(ctx SpecContext) { loaded(ctx, s) })
	}, verdict: gate.Pass, words: "3 specs passed with 2 injections", check: underDelay(3)},

	"that injects in BeforeSuite has the fault in every spec": {specs: func() {
		var c *testcontainers.DockerContainer
		var s *Service
		var slow *Injection
		BeforeSuite(func(ctx SpecContext) {
			c = own(ctx)
			s = Attach(ctx, c.GetContainerID())
			slow = Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
			DeferCleanup(func(ctx SpecContext) { terminate(ctx, c) })
		})
		It("first", func(ctx SpecContext) { loaded(ctx, s) })
		It("second", func(ctx SpecContext) {
			loaded(ctx, s)
			sample, err := page(s).Sample(ctx)
			Expect(err).NotTo(HaveOccurred())
			matched, err := HaveRecoveredWithin(time.Second, slow).Match(sample)
			Expect(matched).To(BeFalse(), "nothing has recovered from a live fault")
			Expect(err).To(MatchError(ContainSubstring("is still live")))
		})
		It("without any word", func() {})
	}, verdict: gate.Pass, words: "3 specs passed with 1 injection", check: underDelay(2)},

	"that defers the termination in its specs passes": {specs: func() {
		for name, f := range map[string]fault.Fault{"delay": fault.Delay(20 * time.Millisecond), "burn": fault.CPUBurn(0.2), "pause": fault.Pause()} {
			It(name, func(ctx SpecContext) {
				c := own(ctx)
				defer terminate(ctx, c) // under the fault, because the spec's body is not over
				s := Attach(ctx, c.GetContainerID())
				Watch(ctx, page(s), PerSecond(50))
				i := Inject(ctx, f, On(s))
				Eventually(ctx, i.Evidence).Should(HaveTakenEffect())
			})
		}
	}, verdict: gate.Pass, words: "3 specs passed with 3 injections"},

	"that terminates in AfterSuite what BeforeSuite has broken passes": {specs: func() {
		var c *testcontainers.DockerContainer
		var s *Service
		BeforeSuite(func(ctx SpecContext) {
			c = own(ctx)
			s = Attach(ctx, c.GetContainerID())
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
		})
		AfterSuite(func(ctx SpecContext) { terminate(ctx, c) })
		It("first", func(ctx SpecContext) { loaded(ctx, s) })
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection", check: underDelay(1)},

	"that terminates in the AfterAll of an inner container passes": {specs: func() {
		Describe("outer", Ordered, func() {
			for _, name := range []string{"inner", "other"} {
				Describe(name, func() {
					var c *testcontainers.DockerContainer
					var s *Service
					BeforeAll(func(ctx SpecContext) {
						c = own(ctx)
						s = Attach(ctx, c.GetContainerID())
						Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
						Inject(ctx, fault.CPUBurn(0.2), On(s))
					})
					AfterAll(func(ctx SpecContext) { terminate(ctx, c) })
					It("first", func(ctx SpecContext) { loaded(ctx, s) })
					It("second", func(ctx SpecContext) { loaded(ctx, s) })
				})
			}
		})
	}, verdict: gate.Pass, words: "4 specs passed with 4 injections", check: underDelay(4)},

	"that fails, panics, skips and times out under a fault is judged by that alone": {specs: func() {
		var c *testcontainers.DockerContainer
		var s *Service
		BeforeEach(func(ctx SpecContext) {
			c = own(ctx)
			s = Attach(ctx, c.GetContainerID())
			i := Inject(ctx, fault.Pause(), On(s))
			Eventually(ctx, i.Evidence).Should(HaveTakenEffect())
		})
		AfterEach(func(ctx SpecContext) { terminate(ctx, c) })
		It("fails", func() { Fail("on purpose") })
		It("panics", func() { panic("on purpose") })
		It("skips", func() { Skip("on purpose") })
		It("times out", func(ctx SpecContext) { <-ctx.Done() }, SpecTimeout(3*time.Second))
		Describe("in a setup", func() {
			BeforeEach(func() { Fail("on purpose") })
			It("does not run", func() {})
		})
	}, verdict: gate.Regression, words: "under pause on echo", check: func(run gate.Run) {
		GinkgoHelper()
		for _, s := range run.Specs {
			Expect(s.Failures).To(BeEmpty(), pretty(s))
			Expect(s.Others).To(BeEmpty(), pretty(s))
			for _, i := range s.Injections {
				Expect(i.Evidence.TargetDied).To(BeFalse(), pretty(i))
				Expect(i.Reverted).To(BeTrue(), pretty(i))
			}
		}
	}},

	"that injects in its teardown and terminates passes": {specs: func() {
		var c *testcontainers.DockerContainer
		BeforeEach(func(ctx SpecContext) { c = own(ctx) })
		AfterEach(func(ctx SpecContext) {
			i := Inject(ctx, fault.Pause(), On(Attach(ctx, c.GetContainerID())))
			Eventually(ctx, i.Evidence).Should(HaveTakenEffect())
			terminate(ctx, c)
		})
		It("passes", func() {})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that watches from BeforeAll to AfterAll sees nothing of the teardown": {specs: func() {
		Describe("in order", Ordered, func() {
			var c *testcontainers.DockerContainer
			var s *Service
			var seen *probe.Stream[*probe.Window]
			BeforeAll(func(ctx SpecContext) {
				c = own(ctx)
				s = Attach(ctx, c.GetContainerID())
				seen = Watch(ctx, page(s), PerSecond(50))
			})
			AfterAll(func(ctx SpecContext) {
				terminate(ctx, c)
				window, err := seen.Window()
				Expect(err).NotTo(HaveOccurred())
				Expect(window.Final()).To(BeTrue())
				Expect(window.Record().Errors).To(BeZero())
			})
			It("first", func(ctx SpecContext) {
				Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
				before, err := seen.Window()
				Expect(err).NotTo(HaveOccurred())
				Eventually(ctx, seen.Window).Should(HaveField("N()", BeNumerically(">", before.N()+20)), "under the fault")
			})
			It("second", func(ctx SpecContext) {
				before, err := seen.Window()
				Expect(err).NotTo(HaveOccurred())
				Eventually(ctx, seen.Window).Should(HaveField("N()", BeNumerically(">", before.N()+20)), "it goes on")
			})
		})
	}, verdict: gate.Pass, words: "2 specs passed with 1 injection", check: func(run gate.Run) {
		GinkgoHelper()
		for _, s := range run.Specs {
			Expect(s.Windows).To(HaveLen(1), pretty(s))
			Expect(s.Windows[0].Faults).To(HaveLen(1), pretty(s))
		}
	}},

	"in two processes that injects in one has the fault in the specs of both": {procs: 2, specs: func() {
		var s *Service
		var started string // has a file for each process whose first spec has begun
		SynchronizedBeforeSuite(func(ctx SpecContext) []byte {
			c := own(ctx)
			Inject(ctx, fault.Delay(20*time.Millisecond), On(Attach(ctx, c.GetContainerID())))
			return []byte(c.GetContainerID() + " " + GinkgoT().TempDir())
		}, func(ctx SpecContext, both []byte) {
			var id string
			id, started, _ = strings.Cut(string(both), " ")
			s = Attach(ctx, id)
		})
		for _, name := range []string{"first", "second", "third", "fourth"} {
			It(name, func(ctx SpecContext) {
				Expect(os.WriteFile(filepath.Join(started, strconv.Itoa(GinkgoParallelProcess())), nil, 0o600)).To(Succeed())
				Eventually(ctx, func() ([]os.DirEntry, error) { return os.ReadDir(started) }).Should(HaveLen(2))
				loaded(ctx, s)
			}, SpecTimeout(time.Minute))
		}
	}, verdict: gate.Pass, words: "4 specs passed with 1 injection", check: func(run gate.Run) {
		GinkgoHelper()
		processes := map[int]bool{}
		for _, s := range run.Specs {
			processes[s.Process] = true
		}
		Expect(processes).To(HaveLen(2))
		underDelay(4)(run)
	}},

	"whose fault of BeforeSuite touches nothing is a tool failure": {specs: func() {
		var s *Service
		BeforeSuite(func(ctx SpecContext) {
			c := own(ctx)
			DeferCleanup(func(ctx SpecContext) { terminate(ctx, c) })
			s = Attach(ctx, c.GetContainerID())
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s), Port(1))
		})
		It("passes", func(ctx SpecContext) { loaded(ctx, s) })
	}, verdict: gate.ToolFailure, words: "did not have the effect that it names"},
}

// underDelay checks that every window was loaded under the delay, and that so many were.
func underDelay(windows int) func(gate.Run) {
	return func(run gate.Run) {
		GinkgoHelper()
		n := 0
		for _, s := range run.Specs {
			Expect(s.Injections).To(ContainElement(HaveField("Fault", "delay 20ms")), pretty(s))
			for _, w := range s.Windows {
				Expect(w.Faults).To(ContainElement(ContainSubstring("delay 20ms on ")), pretty(w))
				n++
			}
		}
		Expect(n).To(Equal(windows))
	}
}
