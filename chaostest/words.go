package chaostest

import (
	"context"
	"sync"

	"github.com/onsi/ginkgo/v2"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// spec is the scope of the running spec: GinkgoT speaks of whichever runs.
var spec = sync.OnceValue(func() *scope.Scope { return scope.New(ginkgo.GinkgoT(), docker.Connect) })

// Network makes a bridge network that lives until the spec ends.
func Network(ctx context.Context, options ...docker.NetworkOption) *docker.Network {
	ginkgo.GinkgoHelper()
	return scope.Network(ctx, spec(), docker.Bridge(options...))
}

// Run starts a container as testcontainers.Run does, and removes it when the
// spec ends.
func Run(ctx context.Context, image string, options ...docker.Option) *Service {
	ginkgo.GinkgoHelper()
	return spec().Run(ctx, docker.Image(image, options...))
}

// Attach takes a container that already runs, by its name or ID.
func Attach(ctx context.Context, ref string) *Service {
	ginkgo.GinkgoHelper()
	return spec().Attach(ctx, ref)
}

// Inject applies a fault to its targets until the spec ends, or the Injection
// is reverted.
func Inject(ctx context.Context, f fault.Fault, options ...scope.InjectOption) *Injection {
	ginkgo.GinkgoHelper()
	return spec().Inject(ctx, f, options...)
}

// Load looks through the probe at a constant rate for a while, and returns the
// window of the samples.
func Load(ctx context.Context, p probe.Probe, options ...scope.LoadOption) *probe.Window {
	ginkgo.GinkgoHelper()
	return spec().Load(ctx, p, options...)
}

// LoadFleet loads all members of a fleet at once for a while, each at the rate,
// and returns the windows of all.
func LoadFleet(ctx context.Context, fleet *probe.Fleet, options ...scope.LoadOption) *probe.FleetWindow {
	ginkgo.GinkgoHelper()
	return spec().LoadFleet(ctx, fleet, options...)
}

// Watch begins a load that runs while the spec goes on, and until it ends if For
// does not say how long.
func Watch(ctx context.Context, p probe.Probe, options ...scope.LoadOption) *probe.Stream {
	ginkgo.GinkgoHelper()
	return spec().Watch(ctx, p, options...)
}

// WatchFleet begins a load of a fleet that runs while the spec goes on, and until
// it ends if For does not say how long.
func WatchFleet(ctx context.Context, fleet *probe.Fleet, options ...scope.LoadOption) *probe.FleetStream {
	ginkgo.GinkgoHelper()
	return spec().WatchFleet(ctx, fleet, options...)
}
