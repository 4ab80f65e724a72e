// Package probe looks at services from outside. One look is a Sample, and the samples
// of a span of time are a Window. Run takes samples at a constant rate and returns
// their window. Start does the same while the test goes on, and its Stream has a window
// at any time. A Fleet is several services that should be alike; its window is a
// FleetWindow. Matchers judge samples and windows, never the live service.
//
//	checkout := probe.HTTP(shop, "8080/tcp", "/checkout")
//	sold, err := probe.Run(ctx, checkout, 50, 5*time.Second)
//
// Series and FleetSeries take samples that were measured by other means. Fold keeps a
// count over a window that grows.
package probe
