package scope_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func TestAFilterNarrowsAFaultAndKeepsItsDirection(t *testing.T) {
	shop, bank := scope.Address("10.0.0.8"), scope.Address("10.0.0.9")
	for _, c := range []struct {
		fault   fault.Fault
		options []scope.InjectOption
		want    string
	}{
		{fault.Delay(1e9), nil, "delay 1s on db, egress"},
		{fault.Delay(1e9), []scope.InjectOption{scope.Between(shop)}, "delay 1s on db, egress to 10.0.0.8"},
		{fault.BlackHole(), []scope.InjectOption{scope.Between(shop, bank)}, "black hole on db, both to and from 10.0.0.8, 10.0.0.9"},
		{fault.BlackHole(), []scope.InjectOption{scope.Between(shop), scope.Between(bank)}, "black hole on db, both to and from 10.0.0.8, 10.0.0.9"},
		{fault.Delay(1e9), []scope.InjectOption{scope.Between(shop), scope.Direction(fault.Both)}, "delay 1s on db, both to and from 10.0.0.8"},
		{fault.Delay(1e9), []scope.InjectOption{scope.From(shop)}, "delay 1s on db, ingress from 10.0.0.8"},
		{fault.Delay(1e9), []scope.InjectOption{scope.From(shop), scope.Direction(fault.Ingress)}, "delay 1s on db, ingress from 10.0.0.8"},
		{fault.BlackHole(), []scope.InjectOption{scope.To(shop)}, "black hole on db, egress to 10.0.0.8"},
		{fault.BlackHole(), []scope.InjectOption{scope.Port(80, 443), scope.Port("8000-8100/tcp")}, "black hole on db, both, port 80, 443, 8000-8100, tcp"},
		{fault.BlackHole(), []scope.InjectOption{scope.Port("53/udp"), scope.Protocol(fault.UDP)}, "black hole on db, both, port 53, udp"},
	} {
		g := NewWithT(t)
		s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
		s.run(func() {
			i := sc.Inject(t.Context(), c.fault, scope.On(sc.Attach(t.Context(), "db")), c.options...)
			g.Expect(i.String()).To(Equal(c.want))
		})
		g.Expect(s.failures).To(BeEmpty())
	}
}
