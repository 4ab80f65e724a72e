// Package scope is the core of chaosgate. A Scope starts containers for a test, injects
// faults, and loads services; everything ends with the test. The package imports neither
// Ginkgo nor Docker, so it works with a plain testing.T, with other frameworks, and with
// other drivers than Docker's:
//
//	s := scope.New(t, docker.Connect)
//	net := scope.Network(ctx, s, docker.Bridge())
//	db := s.Run(ctx, docker.Image("postgres:17", net.As("db")))
//	shop := s.Run(ctx, docker.Image("acme/shop:dev", net.As("shop"), testcontainers.WithExposedPorts("8080/tcp")))
//
//	slow := s.Inject(ctx, fault.Delay(300*time.Millisecond), scope.On(db), scope.Between(shop))
//	sold := scope.Load(ctx, s, probe.HTTP(shop, "8080/tcp", "/checkout"), scope.PerSecond(50), scope.For(5*time.Second))
//
// In a Ginkgo spec on Docker dot-import package chaostest instead, which has the same
// words without the s.
package scope
