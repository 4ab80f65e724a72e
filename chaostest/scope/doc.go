// Package scope is the core of chaosgate: what a test starts, breaks and looks at, and
// what ends with the test. It imports neither Ginkgo nor Docker, so it serves a plain
// testing.T, other frameworks, and drivers other than Docker's:
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
