package fault_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestParsePorts(t *testing.T) {
	g := NewWithT(t)
	for text, want := range map[string]struct {
		ports    fault.PortRange
		protocol fault.Protocol
	}{
		"5432":          {fault.PortRange{First: 5432, Last: 5432}, fault.AnyProtocol},
		"5432/tcp":      {fault.PortRange{First: 5432, Last: 5432}, fault.TCP},
		"53/udp":        {fault.PortRange{First: 53, Last: 53}, fault.UDP},
		"8000-8100/tcp": {fault.PortRange{First: 8000, Last: 8100}, fault.TCP},
		"1-65535":       {fault.PortRange{First: 1, Last: 65535}, fault.AnyProtocol},
	} {
		ports, protocol, err := fault.ParsePorts(text)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(ports).To(Equal(want.ports), text)
		g.Expect(protocol).To(Equal(want.protocol), text)
	}
	for _, text := range []string{"", "0", "65536", "-1", "http", "80-", "90-80", "80/", "80/icmp", "80/TCP", "80-90-100", " 80", "80/tcp/udp"} {
		_, _, err := fault.ParsePorts(text)
		g.Expect(err).To(MatchError(ContainSubstring("port %q: ", text)), text)
	}
}

func TestOneSeedServesEveryRandomFault(t *testing.T) {
	g := NewWithT(t)
	seed := fault.Seed(7)
	g.Expect(fault.Delay(fault.MinDelay, seed, fault.Jitter(fault.MinDelay)).Seed).To(BeEquivalentTo(7))
}
