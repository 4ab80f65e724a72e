package probe_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

func TestAProbeNamesTheServicesThatItAsks(t *testing.T) {
	g := NewWithT(t)
	a, b := &service{}, &client{}
	for _, asking := range []probe.Asking{probe.HTTP(a, "80/tcp", "/"), probe.TCP(a, "80/tcp"), probe.Exec(a, "true")} {
		g.Expect(asking.Services()).To(Equal([]probe.Service{a}))
	}
	for _, asking := range []probe.Asking{probe.HTTP(a, "80/tcp", "/", probe.From(b)), probe.TCP(a, "80/tcp", probe.From(b))} {
		g.Expect(asking.Services()).To(Equal([]probe.Service{a, b}))
	}
	fleet := probe.FleetOf[probe.Service](func(s probe.Service) probe.Probe { return probe.HTTP(s, "80/tcp", "/") }, a, b)
	g.Expect(fleet.Services()).To(ContainElements(a, b))

	// A mistake is an error of the load, and no panic before it.
	for _, asking := range []probe.Asking{probe.HTTP(nil, "80/tcp", "/"), probe.TCP(nil, "80/tcp"), probe.Exec(nil, "true"), &probe.Fleet{}} {
		g.Expect(asking.Services()).To(BeEmpty())
	}
	for _, asking := range []probe.Asking{probe.HTTP(a, "80/tcp", "/", probe.From(nil)), probe.TCP(a, "80/tcp", probe.From(nil))} {
		g.Expect(asking.Services()).To(Equal([]probe.Service{a}))
	}
}
