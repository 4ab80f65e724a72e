// Package e2e_test injects faults into real containers and looks at them from outside:
// with ping, with the containers' clocks, with the kernel's counters, and with tc, nft
// and ip. No test here relies on the agent to say that a fault is live.
package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
)

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	if victim := os.Getenv(victimVariable); victim != "" {
		injectAndWait(t, victim)
		return
	}
	RunSpecs(t, "End to end")
}

var echoImage string

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	echoImage, err = images.Echo(ctx)
	Expect(err).NotTo(HaveOccurred())
}, NodeTimeout(5*time.Minute))

// echo starts a container that answers with the time of receipt.
func echo(ctx context.Context, options ...docker.Option) *Service {
	GinkgoHelper()
	return Run(ctx, echoImage, append([]docker.Option{
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")),
	}, options...)...)
}

// trip is one message from one container to another and back. All containers share one
// clock.
type trip struct{ There, Back time.Duration }

// ask makes a container send a message to the echo of container b.
func ask(ctx context.Context, from *Service, network string, within time.Duration) (trip, error) {
	GinkgoHelper()
	return askAt(ctx, from, network, "b:7", within)
}

// askAt makes a container send a message to the echo at an address.
func askAt(ctx context.Context, from *Service, network, address string, within time.Duration) (trip, error) {
	GinkgoHelper()
	endpoint, _, err := from.Endpoint(ctx, "8080/tcp")
	Expect(err).NotTo(HaveOccurred())
	query := url.Values{"network": {network}, "address": {address}, "within": {within.String()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+endpoint+"/ask?"+query.Encode(), nil)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return trip{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	if response.StatusCode != http.StatusOK {
		return trip{}, fmt.Errorf("%s", strings.TrimSpace(string(body)))
	}
	var times struct{ Sent, Received, Returned int64 }
	Expect(json.Unmarshal(body, &times)).To(Succeed())
	return trip{
		There: time.Duration(times.Received - times.Sent),
		Back:  time.Duration(times.Returned - times.Received),
	}, nil
}

// typical is the median of several trips to container b.
func typical(ctx context.Context, from *Service, network string) trip {
	GinkgoHelper()
	var there, back []time.Duration
	for range 7 {
		t, err := ask(ctx, from, network, 5*time.Second)
		Expect(err).NotTo(HaveOccurred())
		there, back = append(there, t.There), append(back, t.Back)
	}
	slices.Sort(there)
	slices.Sort(back)
	return trip{There: there[len(there)/2], Back: back[len(back)/2]}
}

// fingerprint is the output of tc, nft and ip in the container's network namespace, and
// the limits of its cgroups.
func fingerprint(ctx context.Context, s *Service) string {
	GinkgoHelper()
	needRoot()
	pid := firstProcess(ctx, s)
	Eventually(ctx, func() (string, error) { // an address that is still checked for duplicates changes by itself
		output, err := exec.CommandContext(ctx, "nsenter", "--target", fmt.Sprint(pid), "--net", "ip", "-6", "addr", "show", "tentative").CombinedOutput()
		return string(output), err
	}).WithTimeout(10 * time.Second).Should(BeEmpty())
	var all strings.Builder
	for _, command := range []string{
		"ip -details link show", "ip -details addr show", "ip route show table all", "ip -6 route show table all",
		"tc qdisc show", "tc filter show dev eth0 ingress", "tc filter show dev eth0 egress", "tc class show dev eth0",
		"nft list ruleset",
	} {
		args := append([]string{"--target", fmt.Sprint(pid), "--net"}, strings.Fields(command)...)
		// tc returns an error if there is nothing to list, which is part of the fingerprint.
		output, _ := exec.CommandContext(ctx, "nsenter", args...).CombinedOutput()
		fmt.Fprintf(&all, "$ %s\n%s\n", command, volatile.ReplaceAllString(string(output), ""))
	}
	for _, file := range limits(pid) {
		content, err := os.ReadFile(file)
		if err == nil {
			fmt.Fprintf(&all, "%s: %s\n", file, content)
		}
	}
	return all.String()
}

// firstProcess is the ID of the container's first process on the engine's host.
func firstProcess(ctx context.Context, s *Service) int {
	GinkgoHelper()
	engine, err := testcontainers.NewDockerClientWithOpts(ctx)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = engine.Close() }()
	found, err := engine.ContainerInspect(ctx, s.ID(), client.ContainerInspectOptions{})
	Expect(err).NotTo(HaveOccurred())
	return found.Container.State.Pid
}

func needRoot() {
	GinkgoHelper()
	if os.Geteuid() == 0 {
		return
	}
	const why = "looking into a container's namespaces from outside needs root"
	if os.Getenv("CHAOSGATE_REQUIRE_ROOT") == "1" {
		Fail(why)
	}
	Skip(why)
}
