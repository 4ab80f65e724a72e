package e2e_test

import (
	"context"
	"net"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

// The engine of this suite is on this machine, so a probe takes the container's address.
var _ = Describe("A probe's way to its service", func() {
	const (
		delay = 100 * time.Millisecond
		half  = delay / 2
	)
	var a, b *Service

	BeforeEach(func(ctx SpecContext) {
		net := Network(ctx)
		a = echo(ctx, net.As("a"))
		b = echo(ctx, net.As("b"))
	}, NodeTimeout(2*time.Minute))

	It("is the container's own address, which needs no published port", func(ctx SpecContext) {
		endpoint, way, err := b.Endpoint(ctx, "7/tcp")
		Expect(err).NotTo(HaveOccurred())
		Expect(way).To(Equal(record.Direct))
		host, _, err := net.SplitHostPort(endpoint)
		Expect(err).NotTo(HaveOccurred())
		Expect(host).To(Equal(address(ctx, b).String()))
		window := Load(ctx, probe.HTTP(b, "8080/tcp", "/healthz"), PerSecond(100), For(500*time.Millisecond))
		Expect(window.Errors()).To(BeZero(), window.String())
		Expect(window.Record().Way).To(Equal(record.Direct))
	}, SpecTimeout(time.Minute))

	It("feels a black hole with TCP, although an engine's proxy would accept the connection", func(ctx SpecContext) {
		listens := probe.TCP(b, "8080/tcp", probe.Timeout(300*time.Millisecond))
		Eventually(ctx, listens.Sample).Should(BeLive())
		dark := Inject(ctx, fault.BlackHole(), On(b), Between(Clients))
		sample, err := listens.Sample(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(sample.Class).To(Equal(probe.TimedOut), sample.String())

		dark.Revert(ctx)
		Eventually(ctx, listens.Sample).Should(HaveRecoveredWithin(2*time.Second, dark))
	}, SpecTimeout(time.Minute))

	It("can begin in the place of another service", func(ctx SpecContext) {
		from := probe.HTTP(b, "8080/tcp", "/healthz", probe.From(a))
		here := probe.HTTP(b, "8080/tcp", "/healthz")
		Expect(latency(ctx, from)).To(BeNumerically("<", half))

		slow := Inject(ctx, fault.Delay(delay), On(b), From(a))
		Expect(latency(ctx, from)).To(BeNumerically(">=", delay))
		Expect(latency(ctx, here)).To(BeNumerically("<", half), "the fault is between the two services alone")
		window := Load(ctx, from, PerSecond(50), For(time.Second))
		Expect(window.Errors()).To(BeZero(), window.String())
		p50, _ := window.Quantile(0.5)
		Expect(p50).To(BeNumerically(">=", delay))
		Expect(window.Record().Way).To(Equal(record.FromClient("a")))
		slow.Revert(ctx)
		Expect(latency(ctx, from)).To(BeNumerically("<", half))

		By("cutting the client off, with what it sees as the service's failure")
		Inject(ctx, fault.BlackHole(), On(a), Between(b))
		cut, err := probe.TCP(b, "8080/tcp", probe.From(a), probe.Timeout(300*time.Millisecond)).Sample(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(cut.Class).To(Equal(probe.TimedOut))
		Expect(latency(ctx, here)).To(BeNumerically("<", half))
	}, SpecTimeout(time.Minute))

	It("says that the client is gone, and blames nobody else", func(ctx SpecContext) {
		from := probe.HTTP(b, "8080/tcp", "/healthz", probe.From(a))
		Eventually(ctx, from.Sample).Should(BeLive())
		Expect(docker.Testcontainer(a.Target).Stop(ctx, new(time.Duration))).To(Succeed())
		_, err := from.Sample(ctx)
		Expect(err).To(MatchError(And(ContainSubstring("look from a"), ContainSubstring("is the container running"))))
	}, SpecTimeout(time.Minute))

	It("holds a rate of new connections that wears a proxy out", func(ctx SpecContext) {
		image, err := images.Nginx(ctx)
		Expect(err).NotTo(HaveOccurred())
		nginx := Run(ctx, image, testcontainers.WithExposedPorts("80/tcp"), testcontainers.WithWaitStrategy(wait.ForHTTP("/")))
		window := Load(ctx, probe.HTTP(nginx, "80/tcp", "/", probe.Timeout(5*time.Second)), PerSecond(600), For(2*time.Second))
		Expect(window.Errors()).To(BeZero(), window.String())
		// The published port still answers.
		status, err := get(ctx, "http://"+net.JoinHostPort("127.0.0.1", published(ctx, nginx, "80/tcp")))
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusOK))
	}, SpecTimeout(2*time.Minute))
})

func get(ctx context.Context, url string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}
