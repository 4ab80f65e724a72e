package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// replica starts a member of a fleet. Its environment makes it different.
func replica(ctx context.Context, net *docker.Network, name, image string, environment map[string]string) *Service {
	GinkgoHelper()
	return Run(ctx, image, net.As(name),
		testcontainers.WithEnv(environment),
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")))
}

func work(s probe.Service) probe.Probe {
	return probe.HTTP(s, "8080/tcp", "/work",
		probe.VersionFrom(probe.HeaderField("X-Version")), probe.ClockFrom(probe.HeaderField("X-Time")))
}

var _ = Describe("a fleet", func() {
	It("shows which member is slow, fails, is old or has a wrong clock", func(ctx SpecContext) {
		image, err := images.Replica(ctx)
		Expect(err).NotTo(HaveOccurred())
		const slower, skew = 60 * time.Millisecond, -30 * time.Second
		net := Network(ctx)
		fleet := []*Service{
			replica(ctx, net, "a", image, nil),
			replica(ctx, net, "b", image, map[string]string{"SLOWER_BY": slower.String(), "VERSION": "1"}),
			replica(ctx, net, "c", image, map[string]string{"FAIL_SHARE": "0.25", "CLOCK_SKEW": skew.String()}),
		}
		w := Load(ctx, probe.FleetOf(work, fleet...), PerSecond(40), For(3*time.Second))

		const n = 120
		Expect(w.Probe()).To(Equal("fleet of 3: GET http://{a,b,c}:8080/work"))
		Expect(w.N()).To(Equal(n))
		Expect(w.Spans()).To(Equal(12))
		Expect(w.Width()).To(Equal(250 * time.Millisecond))
		for _, row := range w.Medians() {
			Expect(row[1]).To(BeNumerically(">=", slower.Seconds()))
		}
		errors := []int{0, 0, n / 4}
		versions := []string{"2", "1", "2"}
		skews := []time.Duration{0, 0, skew}
		for i, m := range w.Members() {
			Expect(m.Name).To(Equal(fleet[i].Name()))
			Expect(m.Window.Errors()).To(Equal(errors[i]), m.Window.String())
			Expect(m.Image).To(HavePrefix("sha256:"))
			Expect(m.Image).To(Equal(w.Members()[0].Image))
			for _, s := range m.Window.Samples() {
				Expect(s.VersionProblem).To(BeEmpty())
				Expect(s.ClockProblem).To(BeEmpty())
				Expect(s.Version).To(Equal(versions[i]))
				// The containers use this machine's clock, so the range of a reading contains
				// the skew, however busy the machine is.
				r := s.Clock
				Expect(r.Resolution).To(Equal(time.Nanosecond))
				low, high := r.Skew()
				Expect(skews[i]).To(And(BeNumerically(">=", low), BeNumerically("<=", high)))
			}
		}
		// Without a probe: the replica whose clock should be behind really is behind.
		endpoint, _, err := fleet[2].Endpoint(ctx, "8080/tcp")
		Expect(err).NotTo(HaveOccurred())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+endpoint+"/healthz", nil)
		Expect(err).NotTo(HaveOccurred())
		response, err := http.DefaultClient.Do(request)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		says, err := time.Parse(time.RFC3339Nano, response.Header.Get("X-Time"))
		Expect(err).NotTo(HaveOccurred())
		Expect(says).To(BeTemporally("<", time.Now().Add(skew)))
	}, SpecTimeout(3*time.Minute))

	It("names its images if they differ", func(ctx SpecContext) {
		image, err := images.Replica(ctx)
		Expect(err).NotTo(HaveOccurred())
		healthy := func(s probe.Service) probe.Probe { return probe.HTTP(s, "8080/tcp", "/healthz") }
		w := Load(ctx, probe.FleetOf(healthy, replica(ctx, Network(ctx), "a", image, nil), echo(ctx)), PerSecond(20), For(500*time.Millisecond))
		members := w.Members()
		Expect(members[0].Image).To(HavePrefix("sha256:"))
		Expect(members[1].Image).To(And(HavePrefix("sha256:"), Not(Equal(members[0].Image))))
		Expect(w.String()).To(ContainSubstring(", image " + members[1].Image[len("sha256:"):][:12]))
	}, SpecTimeout(3*time.Minute))
})

var _ = Describe("a watch", func() {
	It("goes on while the service is stopped and started, and ends with the spec", func(ctx SpecContext) {
		s := echo(ctx)
		DeferCleanup(func() {
			var entries []record.Window
			for _, e := range CurrentSpecReport().ReportEntries {
				if e.Name != record.WindowEntry {
					continue
				}
				w, err := record.Decode[record.Window](e.GetRawValue(), e.Value.AsJSON)
				Expect(err).NotTo(HaveOccurred())
				entries = append(entries, w)
			}
			Expect(entries).To(HaveExactElements(HaveField("Judgements", HaveLen(1))))
		})
		watched := Watch(ctx, probe.HTTP(s, "8080/tcp", "/healthz", probe.Timeout(time.Second)), PerSecond(50))
		errors := func() (int, error) {
			w, err := watched.Window()
			return w.Errors(), err
		}
		Eventually(ctx, func() (int, error) { w, err := watched.Window(); return w.N(), err }).Should(BeNumerically(">=", 20))
		Expect(errors()).To(BeZero())
		Expect(docker.Testcontainer(s.Target).Stop(ctx, nil)).To(Succeed())
		Eventually(ctx, errors).Should(BeNumerically(">=", 20))
		Expect(docker.Testcontainer(s.Target).Start(ctx)).To(Succeed())
		var from int
		Eventually(ctx, func() (bool, error) {
			w, err := watched.Window()
			samples := w.Samples()
			from = w.N()
			return samples[len(samples)-1].Healthy(), err
		}).Should(BeTrue())
		Eventually(ctx, func() (int, error) { w, err := watched.Window(); return w.N(), err }).Should(BeNumerically(">=", from+20))
		w, err := watched.Window()
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Growing()).To(BeTrue())
		w.Judged("M", "o", func() record.Judgement { return record.Judgement{Outcome: record.Kept} })
		Expect(json.Marshal(watched)).To(ContainSubstring(`"judgements"`))
	}, SpecTimeout(3*time.Minute))
})
