// Package chaostest makes a chaos experiment an ordinary spec: start containers,
// inject faults inside them, measure from outside, and assert. Everything is
// undone at the end of the spec without being asked.
//
//	It("keeps selling while its database answers late", func(ctx SpecContext) {
//		checkout := probe.HTTP(shop, "8080/tcp", "/checkout")
//		slow := Inject(ctx, fault.Delay(300*time.Millisecond), On(db), Between(shop), Port(5432))
//		sold := Load(ctx, checkout, PerSecond(50), For(5*time.Second))
//		Expect(sold).To(KeepErrorRateBelow(1 * Percent))
//		slow.Revert(ctx)
//		Eventually(ctx, checkout.Sample).Should(HaveRecoveredWithin(2*time.Second, slow))
//	})
//
// Load asks the service for a while and waits; Watch goes on asking while the spec
// does other things. Both take a probe, or a fleet of services that should be alike.
// A fault that did nothing fails the spec.
//
// A fault belongs to the spec, the Ordered container (BeforeAll), or the suite
// (BeforeSuite) that injected it. It ends when the body of its owner is over, before
// AfterEach, AfterAll and DeferCleanup, in which suites remove their containers. A
// Watch ends at the same time. With parallel processes, what SynchronizedBeforeSuite
// injects on process 1 is known to that process; the gate counts it in the specs of all.
//
// A spec that fails shows the last lines of the logs of the targets of its faults, their
// peers, and what it has probed: with its failure, and in the records for the gate.
//
// This package holds the words of a Ginkgo spec on Docker. Import it with a dot. Each
// word is one line over package scope. With a plain testing.T use package scope
// itself, which imports neither Ginkgo nor Docker.
package chaostest
