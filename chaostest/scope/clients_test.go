package scope_test

import (
	"net/netip"
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func TestClientsAreNotOnTheContainersNetworks(t *testing.T) {
	g := NewWithT(t)
	target := bridged()
	target.Subnets["net"] = append(target.Subnets["net"], netip.MustParsePrefix("fd00:1::/64"))
	target.Gateways["net"] = append(target.Gateways["net"], netip.MustParseAddr("fd00:1::1"))
	target.Subnets["back"] = []netip.Prefix{netip.MustParsePrefix("10.5.0.0/24")}
	prefixes, err := scope.Clients.Prefixes(t.Context(), target)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(prefixes)).To(BeNumerically("<=", fault.MaxPeers))
	for _, c := range []struct {
		address string
		client  bool
		who     string
	}{
		{"172.17.0.1", true, "Docker's proxy, and what is masqueraded"},
		{"172.17.0.3", false, "a container on the same network"},
		{"172.18.0.3", true, "a container on another network"},
		{"10.5.0.7", false, "a container on the target's other network"},
		{"10.5.1.7", true, "beside that network"},
		{"192.168.1.10", true, "another machine"},
		{"0.0.0.0", true, "the lowest address"},
		{"255.255.255.255", true, "the highest address"},
		{"fd00:1::1", true, "the gateway, by IPv6"},
		{"fd00:1::7", false, "a container on the same network, by IPv6"},
		{"fd00:1:0:1::7", true, "beside that network, by IPv6"},
		{"2001:db8::1", true, "another machine, by IPv6"},
		{"fe80::1", false, "a neighbour's link-local address"},
	} {
		address := netip.MustParseAddr(c.address)
		in := slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(address) })
		g.Expect(in).To(Equal(c.client), "%s, %s", c.address, c.who)
	}

	prefixes, err = scope.Clients.Prefixes(t.Context(), bridged())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(prefixes).To(HaveEach(HaveField("Addr().Is4()", true)), "it has no IPv6 address")
}

func TestAFaultForClientsIsForThePublishedPorts(t *testing.T) {
	for _, c := range []struct {
		options []scope.InjectOption
		ports   []fault.PortRange
		text    string
	}{
		{nil, []fault.PortRange{{First: 53, Last: 53}, {First: 8080, Last: 8080}}, "delay 1s on shop, egress to clients, port 53, 8080"},
		{[]scope.InjectOption{scope.Port(5432)}, []fault.PortRange{{First: 5432, Last: 5432}}, "delay 1s on shop, egress to clients, port 5432"},
		{[]scope.InjectOption{scope.Port("5432-5440/tcp"), scope.Between(scope.Address("10.0.0.1"))}, []fault.PortRange{{First: 5432, Last: 5440}}, "delay 1s on shop, egress to clients, 10.0.0.1, port 5432-5440, tcp"},
	} {
		g := NewWithT(t)
		s, fake, sc := newScope(t, drivertest.NewTarget("shop", bridged("53/tcp", "53/udp", "8080/tcp", "99/sctp")))
		s.run(func() {
			slow := sc.Inject(t.Context(), fault.Delay(1e9), scope.On(sc.Attach(t.Context(), "shop")), append([]scope.InjectOption{scope.Between(scope.Clients)}, c.options...)...)
			g.Expect(slow.String()).To(Equal(c.text))
		})
		g.Expect(s.failures).To(BeEmpty())
		g.Expect(fake.Agent.Injected()[0].Filter.Ports).To(Equal(c.ports))
	}
}
