package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// victimVariable is the name of an environment variable. If it is set, this test binary
// injects a fault on a container and waits to be killed. Its value is the kind of the
// fault and the container.
const victimVariable = "CHAOSGATE_E2E_VICTIM"

// injectedLine begins the line that a victim prints once its fault is live. Its
// session, which the labels of its agent name, follows.
const injectedLine = "injected "

func injectAndWait(t *testing.T, what string) {
	kind, container, _ := strings.Cut(what, " ")
	x := scope.New(t, docker.Connect)
	s := x.Attach(t.Context(), container)
	for _, entry := range fault.Catalogue {
		if string(entry.Kind) == kind {
			x.Inject(t.Context(), entry.Example, scope.On(s))
		}
	}
	fmt.Println(injectedLine + testcontainers.SessionID())
	select {}
}

// endsWithin is the time in which every effect must end. The test adds the time for a
// look.
const endsWithin = 2 * time.Second

var _ = Describe("a fault never outlives its lease", func() {
	for _, entry := range fault.Catalogue {
		Describe(entry.Example.String(), func() {
			var (
				from   *outside
				victim *exec.Cmd
				agent  string
				engine *client.Client
			)

			BeforeEach(func(ctx SpecContext) {
				needRoot()
				s := echo(ctx, limited)
				from = look(ctx, s)
				live := from.effect(entry.Kind)
				Expect(live(ctx)).To(BeFalse())

				var session string
				victim, session = startVictim(entry.Kind, s.ID())
				Eventually(live).WithContext(ctx).Should(BeTrue())
				daemon, err := testcontainers.NewDockerClientWithOpts(ctx)
				Expect(err).NotTo(HaveOccurred())
				DeferCleanup(daemon.Close)
				engine = daemon.Client
				agent = agentOf(ctx, engine, session)
			}, NodeTimeout(2*time.Minute))

			expectEnd := func(ctx context.Context, since time.Time) {
				GinkgoHelper()
				Eventually(from.effect(entry.Kind)).WithContext(ctx).WithTimeout(time.Until(since.Add(endsWithin + time.Second))).
					WithPolling(20 * time.Millisecond).Should(BeFalse())
				AddReportEntry("ended within "+time.Since(since).Round(time.Millisecond).String(), ReportEntryVisibilityFailureOrVerbose)
			}

			It("when the test process is killed", func(ctx SpecContext) {
				Expect(victim.Process.Kill()).To(Succeed())
				expectEnd(ctx, time.Now())
				Eventually(func() error { return inspect(ctx, engine, agent) }).WithContext(ctx).WithTimeout(10*time.Second).
					Should(Satisfy(errdefs.IsNotFound), "the agent ends with the test process")
			}, SpecTimeout(time.Minute))

			It("when the agent's container is killed", func(ctx SpecContext) {
				start := time.Now()
				_, err := engine.ContainerKill(ctx, agent, client.ContainerKillOptions{Signal: "KILL"})
				// Podman may miss the container, which removes itself, at the end of the kill.
				Expect(err).To(Or(Not(HaveOccurred()), MatchError(ContainSubstring("no such container"))))
				expectEnd(ctx, start)
			}, SpecTimeout(time.Minute))

			It("when the agent is killed", func(ctx SpecContext) {
				found, err := engine.ContainerInspect(ctx, agent, client.ContainerInspectOptions{})
				Expect(err).NotTo(HaveOccurred())
				process, err := os.FindProcess(found.Container.State.Pid)
				Expect(err).NotTo(HaveOccurred())
				Expect(process.Kill()).To(Succeed())
				expectEnd(ctx, time.Now())
			}, SpecTimeout(time.Minute))
		})
	}
})

// startVictim starts a test process. It returns, with the session of that process, when
// the fault is live.
func startVictim(kind fault.Kind, container string) (*exec.Cmd, string) {
	GinkgoHelper()
	victim := exec.Command(os.Args[0], "-test.run=^TestEndToEnd$", "-test.v=false")
	victim.Env = append(os.Environ(), victimVariable+"="+string(kind)+" "+container, "TMPDIR="+GinkgoT().TempDir())
	victim.Stderr = GinkgoWriter
	output, err := victim.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(victim.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = victim.Process.Kill() // it may be dead already
		_ = victim.Wait()         // its error says only that it was killed
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if session, ok := strings.CutPrefix(lines.Text(), injectedLine); ok {
			return victim, session
		}
		fmt.Fprintln(GinkgoWriter, lines.Text())
	}
	Fail("the victim injected nothing; its output is above")
	return nil, ""
}

// agentOf is the container of a session's agent.
func agentOf(ctx context.Context, engine *client.Client, session string) string {
	GinkgoHelper()
	found, err := engine.ContainerList(ctx, client.ContainerListOptions{Filters: make(client.Filters).
		Add("label", docker.OwnLabel+"=agent").Add("label", "org.testcontainers.sessionId="+session)})
	Expect(err).NotTo(HaveOccurred())
	Expect(found.Items).To(HaveLen(1))
	return found.Items[0].ID
}

func inspect(ctx context.Context, engine *client.Client, id string) error {
	_, err := engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	return err
}
