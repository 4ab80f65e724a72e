package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// victimVariable makes this test binary a test process that injects faults on
// the container it names, and waits to be killed.
const victimVariable = "CHAOSGATE_CONFORMANCE_VICTIM"

const injectedLine = "injected"

func injectAndWait(t *testing.T, container string) {
	x := scope.New(t, docker.Connect)
	s := x.Attach(t.Context(), container)
	x.Inject(t.Context(), fault.Delay(200*time.Millisecond), On(s))
	x.Inject(t.Context(), fault.CPUBurn(0.5), On(s))
	x.Inject(t.Context(), fault.MemoryFill(0.6), On(s))
	fmt.Println(injectedLine)
	select {}
}

var _ = Describe("a fault never outlives its lease", func() {
	// gone is when every effect must have ended; what it takes to look is added.
	const gone = 2 * time.Second

	var (
		s      *Service
		pid    int
		victim *exec.Cmd
		base   time.Duration
	)

	BeforeEach(func(ctx SpecContext) {
		needRoot()
		s = echo(ctx, limited)
		pid, base = firstProcess(ctx, s), ping(ctx, s)

		victim = exec.Command(os.Args[0], "-test.run=^TestConformance$", "-test.v=false")
		victim.Env = append(os.Environ(), victimVariable+"="+s.ID(), "TMPDIR="+GinkgoT().TempDir())
		victim.Stderr = GinkgoWriter
		output, err := victim.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(victim.Start()).To(Succeed())
		DeferCleanup(func() {
			_ = victim.Process.Kill() // it may be dead already
			_ = victim.Wait()         // and that it was killed is no news
		})
		lines := bufio.NewScanner(output)
		for lines.Scan() && lines.Text() != injectedLine {
			fmt.Fprintln(GinkgoWriter, lines.Text())
		}
		Expect(lines.Text()).To(Equal(injectedLine), "the victim's own words are above")
		Expect(ping(ctx, s)).To(BeNumerically(">", base+150*time.Millisecond))
		Expect(members(pid, "cpu")).To(HaveLen(2))
		Expect(members(pid, "memory")).To(HaveLen(2))
	}, NodeTimeout(2*time.Minute))

	expectGone := func(ctx context.Context, since time.Time) {
		GinkgoHelper()
		Eventually(func() int { return len(members(pid, "cpu")) + len(members(pid, "memory")) }).
			WithContext(ctx).WithTimeout(gone).WithPolling(20*time.Millisecond).Should(Equal(2), "only the container's own process is left")
		// One packet at a time, because one that was lost or held tells nothing yet.
		Eventually(func() error {
			return exec.CommandContext(ctx, "ping", "-c", "1", "-W", "1", address(ctx, s).String()).Run()
		}).WithContext(ctx).WithTimeout(time.Until(since.Add(gone + time.Second))).Should(Succeed())
		Expect(ping(ctx, s)).To(BeNumerically("<", base+100*time.Millisecond))
		Expect(float64(workingSet(pid)) / memoryLimit).To(BeNumerically("<", 0.4))
	}

	It("when the test process is killed", func(ctx SpecContext) {
		agent := agentOf(pid)
		Expect(victim.Process.Kill()).To(Succeed())
		expectGone(ctx, time.Now())
		Eventually(func() error { return inspect(ctx, agent) }).WithContext(ctx).WithTimeout(10*time.Second).
			Should(MatchError(ContainSubstring("No such container")), "the agent leaves with its host")
	}, SpecTimeout(time.Minute))

	It("when the agent's container is killed", func(ctx SpecContext) {
		agent := agentOf(pid)
		engine, err := testcontainers.NewDockerClientWithOpts(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(engine.Close)
		_, err = engine.ContainerKill(ctx, agent, client.ContainerKillOptions{Signal: "KILL"})
		Expect(err).NotTo(HaveOccurred())
		expectGone(ctx, time.Now())
	}, SpecTimeout(time.Minute))
})

// agentOf is the container of the agent whose workers are in the container's
// cgroup: the parent of the process there that is not the container's own.
func agentOf(pid int) string {
	GinkgoHelper()
	for _, member := range members(pid, "cpu") {
		if member == fmt.Sprint(pid) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", member, "stat"))
		Expect(err).NotTo(HaveOccurred())
		_, rest, _ := strings.Cut(string(stat), ") ")
		parent := strings.Fields(rest)[1]
		content, err := os.ReadFile(filepath.Join("/proc", parent, "cgroup"))
		Expect(err).NotTo(HaveOccurred())
		for line := range strings.Lines(string(content)) {
			name := filepath.Base(strings.TrimSpace(line))
			name = strings.TrimSuffix(strings.TrimPrefix(name, "docker-"), ".scope")
			if len(name) == 64 {
				return name
			}
		}
	}
	Fail("no worker of an agent in the container's cgroup")
	return ""
}

func inspect(ctx context.Context, id string) error {
	engine, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	_, err = engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	return err
}
