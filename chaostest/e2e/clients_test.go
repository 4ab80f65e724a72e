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
		Expect(latency(ctx, healthy)).To(BeNumerically(">=", delay), "the test process, through the loopback address")
		Expect(byAnotherAddress(ctx, b)).To(BeNumerically(">=", delay), "the test process, through another address of the host")
		Expect(typical(ctx, a, "tcp").Back).To(BeNumerically("<", half), "a peer container")

		there, err := b.Endpoint(ctx, "7/tcp")
		Expect(err).NotTo(HaveOccurred())
		_, port, err := net.SplitHostPort(there)
		Expect(err).NotTo(HaveOccurred())
		around, err := askAt(ctx, a, "tcp", net.JoinHostPort(gateway(ctx, a), port), 5*time.Second)
		Expect(err).NotTo(HaveOccurred())
		Expect(around.Back).To(BeNumerically(">=", delay), "another container that uses the published port")
	}, SpecTimeout(time.Minute))

	It("has an opposite: a filter for another container leaves clients alone", func(ctx SpecContext) {
		Inject(ctx, fault.Delay(delay), On(b), Between(a))
		Expect(typical(ctx, a, "tcp").Back).To(BeNumerically(">=", delay-time.Millisecond))
		Expect(latency(ctx, healthy)).To(BeNumerically("<", half))
		Expect(byAnotherAddress(ctx, b)).To(BeNumerically("<", half))
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

// byAnotherAddress is the time of a request to the service's published port. It uses an
// address of this machine that is neither the loopback address nor on the service's
// networks, and Docker forwards the request with this source address.
func byAnotherAddress(ctx context.Context, s *Service) time.Duration {
	GinkgoHelper()
	endpoint, err := s.Endpoint(ctx, "8080/tcp")
	Expect(err).NotTo(HaveOccurred())
	_, port, err := net.SplitHostPort(endpoint)
	Expect(err).NotTo(HaveOccurred())
	least := time.Hour
	for range 5 {
		begin := time.Now()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(otherAddress(ctx, s), port)+"/healthz", nil)
		Expect(err).NotTo(HaveOccurred())
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		least = min(least, time.Since(begin))
	}
	return least
}

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
