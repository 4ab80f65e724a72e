package chaostest

import (
	"context"

	"github.com/onsi/ginkgo/v2"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// Network makes a bridge network that lives until the spec ends.
func Network(ctx context.Context, options ...docker.NetworkOption) *docker.Network {
	ginkgo.GinkgoHelper()
	return scope.Network(ctx, spec(), docker.Bridge(options...))
}

// Run starts a container as testcontainers.Run does, and removes it when the
// spec ends. Under `chaosgate run --against`, another image takes the place of the one that
// is compared: see record.ReplaceVariable.
func Run(ctx context.Context, image string, options ...docker.Option) *Service {
	ginkgo.GinkgoHelper()
	return spec().Run(ctx, docker.Image(image, options...))
}

// Attach takes a container that already runs, by its name or ID. Service.As names it in
// reports.
func Attach(ctx context.Context, ref string) *Service {
	ginkgo.GinkgoHelper()
	return spec().Attach(ctx, ref)
}

// Inject applies a fault to its targets until the spec ends, or the Injection
// is reverted.
func Inject(ctx context.Context, f fault.Fault, on scope.Targets, options ...scope.InjectOption) *Injection {
	ginkgo.GinkgoHelper()
	return spec().Inject(ctx, f, on, options...)
}

// TryInject is Inject, but returns the error instead of failing the spec.
func TryInject(ctx context.Context, f fault.Fault, on scope.Targets, options ...scope.InjectOption) (*Injection, error) {
	ginkgo.GinkgoHelper()
	return spec().TryInject(ctx, f, on, options...)
}

// Load takes samples at a constant rate for a while, and returns their window: a
// *probe.Window for a probe, a *probe.FleetWindow for a fleet. With For(d).Until(matchers) it
// ends as soon as these have decided.
func Load[S probe.Look[S, W], W probe.Windowed](ctx context.Context, what probe.Loadable[S], rate probe.Rate, span scope.Span) W {
	ginkgo.GinkgoHelper()
	return scope.Load(ctx, spec(), what, rate, span)
}

// Watch begins a load that runs while the spec goes on. It ends with the spec, or
// earlier if For says so.
func Watch[S probe.Look[S, W], W probe.Windowed](ctx context.Context, what probe.Loadable[S], rate probe.Rate, span ...scope.Span) *probe.Stream[W] {
	ginkgo.GinkgoHelper()
	return scope.Watch(ctx, spec(), what, rate, span...)
}
