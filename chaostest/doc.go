// Package chaostest makes a chaos experiment an ordinary spec: start containers,
// inject faults inside them, measure from outside, and assert. Everything is
// undone at the end of the spec without being asked.
//
//	It("keeps selling while its database answers late", func(ctx SpecContext) {
//		checkout := probe.HTTP(shop, "8080/tcp", "/checkout")
//		slow := Inject(ctx, fault.Delay(300*time.Millisecond), On(db), From(shop), Port(5432))
//		sold := Load(ctx, checkout, PerSecond(50), For(5*time.Second))
//		Expect(sold).To(KeepErrorRateBelow(1 * Percent))
//		Expect(slow).To(HaveTakenEffect())
//	})
//
// Load looks for a while and waits; Watch goes on looking while the spec does.
// LoadFleet and WatchFleet do the same with several services that should be alike.
//
// This package holds the words of a Ginkgo spec on Docker, to be imported with a
// dot; each is one line over package scope. Under a plain testing.T use that one:
// it imports neither Ginkgo nor Docker.
package chaostest
