package world_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// slow delays the answers of a service by so many milliseconds.
func slow(ctx SpecContext, s *Service, milliseconds int) *Injection {
	GinkgoHelper()
	return Inject(ctx, fault.Delay(time.Duration(milliseconds)*time.Millisecond), On(s))
}

// attached starts a container that lives as long as what the running node sets up.
func attached(ctx SpecContext) *Service {
	GinkgoHelper()
	return Attach(ctx, own(ctx).GetContainerID())
}

// faultsOf checks the faults of each spec's windows.
func faultsOf(want map[string][][]string, more ...func(gate.Run)) func(gate.Run) {
	return func(run gate.Run) {
		GinkgoHelper()
		got := map[string][][]string{}
		for _, s := range run.Specs {
			got[s.Text] = nil
			for _, w := range s.Windows {
				got[s.Text] = append(got[s.Text], w.Faults)
			}
		}
		Expect(pretty(got)).To(Equal(pretty(want)))
		for _, check := range more {
			check(run)
		}
	}
}

// nested are suites whose injections belong to containers inside others, to attempts, and
// to parts of a spec.
var nested = map[string]suite{
	"that injects in inner containers has each fault until its container ends": {specs: func() {
		Describe("outer", Ordered, func() {
			var s *Service
			var outer, inner *Injection
			BeforeAll(func(ctx SpecContext) {
				s = attached(ctx)
				outer = slow(ctx, s, 1)
			})
			Describe("inner", func() {
				BeforeAll(func(ctx SpecContext) { inner = Inject(ctx, fault.CPUBurn(0.2), On(s)) })
				AfterAll(func() { Expect(inner.Active()).To(BeFalse(), "it has ended before the teardown") })
				It("1", func(ctx SpecContext) { loaded(ctx, s) })
				Describe("innermost", func() {
					var innermost *Injection
					BeforeAll(func(ctx SpecContext) { innermost = Inject(ctx, fault.CPUThrottle(0.9), On(s)) })
					AfterAll(func() { Expect([]bool{innermost.Active(), inner.Active()}).To(Equal([]bool{false, true})) })
					It("2", func(ctx SpecContext) { loaded(ctx, s) })
					It("3", func(ctx SpecContext) { loaded(ctx, s) })
				})
				It("4", func(ctx SpecContext) { loaded(ctx, s) })
			})
			It("5", func(ctx SpecContext) {
				Expect([]bool{inner.Active(), outer.Active()}).To(Equal([]bool{false, true}))
				loaded(ctx, s)
			})
		})
	}, verdict: gate.Pass, words: "5 specs passed with 3 injections", check: faultsOf(map[string][][]string{
		"outer inner 1":           {{"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo"}},
		"outer inner innermost 2": {{"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo", "CPU throttle to 90 % of the quota on echo"}},
		"outer inner innermost 3": {{"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo", "CPU throttle to 90 % of the quota on echo"}},
		"outer inner 4":           {{"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo"}},
		"outer 5":                 {{"delay 1ms on echo, egress"}},
	})},

	"that sets up once for what is inside an ordered container has the fault until that ends": {specs: func() {
		Describe("outer", Ordered, func() {
			var s *Service
			var last *Injection
			BeforeAll(func(ctx SpecContext) { s = attached(ctx) })
			BeforeEach(OncePerOrdered, func(ctx SpecContext) {
				Expect(last == nil || !last.Active()).To(BeTrue(), "each has ended before the next")
				last = slow(ctx, s, 1)
			})
			It("1", func(ctx SpecContext) { loaded(ctx, s) })
			Describe("inner", func() {
				It("2", func(ctx SpecContext) { loaded(ctx, s) })
				It("3", func(ctx SpecContext) { loaded(ctx, s) })
			})
			It("4", func(ctx SpecContext) { loaded(ctx, s) })
		})
	}, verdict: gate.Pass, words: "4 specs passed with 3 injections"},

	"that injects for each spec of an ordered container passes": {specs: func() {
		Describe("outer", Ordered, func() {
			var s *Service
			BeforeAll(func(ctx SpecContext) { s = attached(ctx) })
			BeforeEach(func(ctx SpecContext) { slow(ctx, s, 1) })
			It("1", func(ctx SpecContext) { loaded(ctx, s) })
			Describe("inner", func() {
				JustBeforeEach(func(ctx SpecContext) { Inject(ctx, fault.CPUBurn(0.2), On(s)) })
				It("2", func(ctx SpecContext) { loaded(ctx, s) })
			})
		})
	}, verdict: gate.Pass, words: "2 specs passed with 3 injections", check: faultsOf(map[string][][]string{
		"outer 1":       {{"delay 1ms on echo, egress"}},
		"outer inner 2": {{"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo"}},
	})},

	"that injects in the entries of a table passes": {specs: func() {
		var s *Service
		BeforeSuite(func(ctx SpecContext) { s = attached(ctx) })
		DescribeTable("under", func(ctx SpecContext, milliseconds int) {
			slow(ctx, s, milliseconds)
			loaded(ctx, s)
		}, Entry("little", 1), Entry("more", 2))
		DescribeTableSubtree("in a subtree", Ordered, func(milliseconds int) {
			BeforeAll(func(ctx SpecContext) { slow(ctx, s, milliseconds) })
			It("1", func(ctx SpecContext) { loaded(ctx, s) })
			It("2", func(ctx SpecContext) { loaded(ctx, s) })
		}, Entry("little", 1), Entry("more", 2))
	}, verdict: gate.Pass, words: "6 specs passed with 4 injections", check: faultsOf(map[string][][]string{
		"under little":          {{"delay 1ms on echo, egress"}},
		"under more":            {{"delay 2ms on echo, egress"}},
		"in a subtree little 1": {{"delay 1ms on echo, egress"}},
		"in a subtree little 2": {{"delay 1ms on echo, egress"}},
		"in a subtree more 1":   {{"delay 2ms on echo, egress"}},
		"in a subtree more 2":   {{"delay 2ms on echo, egress"}},
	})},

	"whose spec has several steps has in each window the faults of its step": {specs: func() {
		It("goes on", func(ctx SpecContext) {
			s := attached(ctx)
			var first *Injection
			By("being slow", func() {
				first = slow(ctx, s, 1)
				loaded(ctx, s)
			})
			By("being slow and busy", func() {
				Inject(ctx, fault.CPUBurn(0.2), On(s))
				loaded(ctx, s)
			})
			By("being busy", func() {
				first.Revert(ctx)
				loaded(ctx, s)
			})
		})
	}, verdict: gate.Pass, words: "1 spec passed with 2 injections", check: faultsOf(map[string][][]string{
		"goes on": {{"delay 1ms on echo, egress"}, {"delay 1ms on echo, egress", "CPU burn to 20 % of the quota on echo"}, {"CPU burn to 20 % of the quota on echo"}},
	})},

	"that injects in a cleanup passes": {specs: func() {
		var s *Service
		BeforeSuite(func(ctx SpecContext) { s = attached(ctx) })
		It("cleans up", func(ctx SpecContext) {
			var before *Injection
			DeferCleanup(func(ctx SpecContext) {
				Expect(before.Active()).To(BeFalse(), "the body's fault has ended")
				slow(ctx, s, 1)
				loaded(ctx, s)
			})
			before = slow(ctx, s, 2)
			loaded(ctx, s)
		})
		It("follows", func(ctx SpecContext) { loaded(ctx, s) })
	}, verdict: gate.Pass, words: "2 specs passed with 2 injections", check: faultsOf(map[string][][]string{
		"cleans up": {{"delay 2ms on echo, egress"}, {"delay 1ms on echo, egress"}},
		"follows":   {nil},
	}, func(run gate.Run) {
		for _, s := range run.Specs {
			for n, w := range s.Windows {
				Expect(w.Number).To(Equal(n+1), "a window of the cleanup is another one: a baseline compares by number")
			}
		}
	})},

	"that measures what a failure has left has the fault over it": {specs: func() {
		var s *Service
		BeforeSuite(func(ctx SpecContext) { s = attached(ctx) })
		It("fails", func(ctx SpecContext) {
			DeferOnFailure(func(ctx SpecContext) { loaded(ctx, s) })
			slow(ctx, s, 1)
			loaded(ctx, s)
			Fail("on purpose")
		})
		It("follows", func(ctx SpecContext) { loaded(ctx, s) })
	}, verdict: gate.Regression, words: "on purpose", check: faultsOf(map[string][][]string{
		"fails":   {{"delay 1ms on echo, egress"}, {"delay 1ms on echo, egress"}},
		"follows": {nil},
	})},

	"that injects at the ends of the suite passes": {specs: func() {
		var s *Service
		BeforeSuite(func(ctx SpecContext) {
			s = attached(ctx)
			DeferCleanup(func(ctx SpecContext) {
				slow(ctx, s, 3)
				loaded(ctx, s)
			})
		})
		AfterSuite(func(ctx SpecContext) {
			slow(ctx, s, 2)
			loaded(ctx, s)
		})
		It("passes", func(ctx SpecContext) {
			slow(ctx, s, 1)
			loaded(ctx, s)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 3 injections"},

	"that is tried again has the fault in each attempt alone": {specs: func() {
		var s *Service
		var attempts []*Injection
		BeforeSuite(func(ctx SpecContext) { s = attached(ctx) })
		It("flakes", FlakeAttempts(3), func(ctx SpecContext) {
			for _, i := range attempts {
				Expect(i.Active()).To(BeFalse())
			}
			attempts = append(attempts, slow(ctx, s, 1))
			loaded(ctx, s)
			Expect(attempts).To(HaveLen(2))
		})
		It("repeats", MustPassRepeatedly(2), func(ctx SpecContext) {
			slow(ctx, s, 2)
			Expect(loaded(ctx, s)).To(KeepErrorRateBelow(50 * Percent))
		})
	}, verdict: gate.Pass, words: "2 specs passed with 4 injections", check: faultsOf(map[string][][]string{
		"flakes":  {{"delay 1ms on echo, egress"}, {"delay 1ms on echo, egress"}},
		"repeats": {{"delay 2ms on echo, egress"}, {"delay 2ms on echo, egress"}},
	})},

	"that is tried again in an ordered container keeps the container's fault": {specs: func() {
		Describe("outer", Ordered, func() {
			var s *Service
			tries := 0
			BeforeAll(func(ctx SpecContext) {
				s = attached(ctx)
				slow(ctx, s, 1)
			})
			It("flakes", FlakeAttempts(3), func(ctx SpecContext) {
				loaded(ctx, s)
				tries++
				Expect(tries).To(BeNumerically(">", 1))
			})
			It("follows", func(ctx SpecContext) { loaded(ctx, s) })
		})
	}, verdict: gate.Pass, words: "2 specs passed with 1 injection", check: faultsOf(map[string][][]string{
		"outer flakes":  {{"delay 1ms on echo, egress"}, {"delay 1ms on echo, egress"}},
		"outer follows": {{"delay 1ms on echo, egress"}},
	})},

	"that is run twice in one command passes": {procs: 1, flags: []string{"--repeat=1"}, specs: func() {
		Describe("in order", Ordered, func() {
			var s *Service
			BeforeAll(func(ctx SpecContext) {
				s = attached(ctx)
				slow(ctx, s, 1)
			})
			It("1", func(ctx SpecContext) { loaded(ctx, s) })
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection", check: faultsOf(map[string][][]string{"in order 1": {{"delay 1ms on echo, egress"}}})},
}
