package e2e_test

import (
	"context"
	"net"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
)

var _ = Describe("a filter for clients", func() {
	const (
		delay = 200 * time.Millisecond
		half  = delay / 2
	)
	var (
		a, b    *Service
		healthy *probe.HTTPProbe
	)

	BeforeEach(func(ctx SpecContext) {
		net := Network(ctx)
		a = echo(ctx, net.As("a"))
		b = echo(ctx, net.As("b"), testcontainers.WithExposedPorts("8080/tcp", "7/tcp"))
		healthy = probe.HTTP(b, "8080/tcp", "/healthz")
	}, NodeTimeout(2*time.Minute))

	It("slows clients of the published ports, and no other container", func(ctx SpecContext) {
		Inject(ctx, fault.Delay(delay), On(b), Between(Clients))
		Expect(latency(ctx, healthy)).To(BeNumerically(">=", delay), "the test process, at the container's own address")
		Expect(byPublishedPort(ctx, b, "127.0.0.1")).To(BeNumerically(">=", delay), "the test process, through the loopback address")
		Expect(byPublishedPort(ctx, b, otherAddress(ctx, b))).To(BeNumerically(">=", delay), "the test process, through another address of the host")
		Expect(typical(ctx, a, "tcp").Back).To(BeNumerically("<", half), "a peer container")

		around, err := askAt(ctx, a, "tcp", net.JoinHostPort(gateway(ctx, a), published(ctx, b, "7/tcp")), 5*time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(around.Back).To(BeNumerically(">=", delay), "another container that uses the published port")
	}, SpecTimeout(time.Minute))

	It("has an opposite: a filter for another container leaves clients alone", func(ctx SpecContext) {
		Inject(ctx, fault.Delay(delay), On(b), Between(a))
		Expect(typical(ctx, a, "tcp").Back).To(BeNumerically(">=", delay-time.Millisecond))
		Expect(latency(ctx, healthy)).To(BeNumerically("<", half))
		Expect(byPublishedPort(ctx, b, otherAddress(ctx, b))).To(BeNumerically("<", half))
	}, SpecTimeout(time.Minute))
})

// latency is the shortest of a few samples: a busy machine slows some of them, and a
// fault all of them.
func latency(ctx context.Context, p probe.Probe) time.Duration {
	GinkgoHelper()
	least := time.Hour
	for range 5 {
		s, err := p.Sample(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Healthy()).To(BeTrue(), s.String())
		least = min(least, s.Latency)
	}
	return least
}

// published is the number of the port by which the engine forwards a container's port.
func published(ctx context.Context, s *Service, port string) string {
	GinkgoHelper()
	mapped, err := docker.Testcontainer(s.Target).MappedPort(ctx, port)
	Expect(err).NotTo(HaveOccurred())
	return mapped.Port()
}

// byPublishedPort is the time of a request to the service's published port at an address
// of this machine.
func byPublishedPort(ctx context.Context, s *Service, address string) time.Duration {
	GinkgoHelper()
	at := net.JoinHostPort(address, published(ctx, s, "8080/tcp"))
	least := time.Hour
	for range 5 {
		begin := time.Now()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/healthz", nil)
		Expect(err).NotTo(HaveOccurred())
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		least = min(least, time.Since(begin))
	}
	return least
}

// otherAddress is an address of this machine that is neither the loopback address nor on
// the service's networks. Docker forwards requests to it with it as their source.
func otherAddress(ctx context.Context, s *Service) string {
	GinkgoHelper()
	state, err := s.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	addresses, err := net.InterfaceAddrs()
	Expect(err).NotTo(HaveOccurred())
	for _, a := range addresses {
		network, ok := a.(*net.IPNet)
		if !ok || network.IP.To4() == nil || !network.IP.IsGlobalUnicast() {
			continue
		}
		shared := false
		for _, all := range state.Gateways {
			for _, g := range all {
				shared = shared || network.IP.String() == g.String()
			}
		}
		if !shared {
			return network.IP.String()
		}
	}
	Fail("this machine has no other address")
	return ""
}

func gateway(ctx context.Context, s *Service) string {
	GinkgoHelper()
	state, err := s.State(ctx)
	Expect(err).NotTo(HaveOccurred())
	for _, all := range state.Gateways {
		for _, g := range all {
			if g.Is4() {
				return g.String()
			}
		}
	}
	Fail("container " + s.Name() + " has no gateway")
	return ""
}
