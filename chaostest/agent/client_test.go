package agent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

func connect(t *testing.T, host *drivertest.FakeHost) *agent.Client {
	t.Helper()
	before := gleak.Goroutines()
	conn, err := host.StartAgent(t.Context(), nil)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	client, err := agent.Connect(t.Context(), conn)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		_ = client.Close() // a broken connection reports its error again
		host.Agent.Die()
		NewWithT(t).Eventually(gleak.Goroutines).WithTimeout(5 * time.Second).ShouldNot(gleak.HaveLeaked(before))
	})
	return client
}

func TestTheLeaseIsRenewedUntilTheClientIsClosed(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	client := connect(t, host)
	g.Eventually(host.Agent.Renewed).WithTimeout(20 * wire.RenewEvery).Should(BeNumerically(">=", 3))
	g.Expect(client.Close()).To(Succeed())
	stopped := host.Agent.Renewed()
	g.Consistently(host.Agent.Renewed).WithTimeout(3 * wire.RenewEvery).Should(Equal(stopped))
}

func TestErrorsKeepTheirKind(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	client := connect(t, host)

	refused := error(&fault.UnsupportedError{What: "delay on the netem path", Needs: "sch_netem", Have: "the kernel has none", Do: "leave out Via"})
	host.Agent.OnInject = func(wire.InjectParams) (record.Attestation, error) { return record.Attestation{}, refused }
	_, err := client.Inject(t.Context(), wire.InjectParams{ID: "1"})
	g.Expect(err).To(MatchError(fault.ErrUnsupported))
	g.Expect(err).To(Equal(refused))

	refused = errors.New("replace the qdisc of eth0: operation not permitted")
	_, err = client.Inject(t.Context(), wire.InjectParams{ID: "2"})
	g.Expect(err).To(MatchError(refused.Error()))
	g.Expect(client.Alive()).To(BeTrue(), "a refusal is not the end of the agent")
}

func TestARevertReportsWhatRemains(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	client := connect(t, host)
	host.Agent.OnRevert = func(string) string { return "qdisc clsact is still there" }
	_, err := client.Revert(t.Context(), "1")
	g.Expect(err).To(MatchError("revert: qdisc clsact is still there"))
}

func TestADeadAgentIsNoticedWithoutACall(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	client := connect(t, host)
	host.Agent.Die()
	g.Eventually(client.Alive).WithTimeout(20 * wire.RenewEvery).Should(BeFalse())
	_, err := client.Inject(t.Context(), wire.InjectParams{ID: "1"})
	g.Expect(err).To(MatchError(ContainSubstring("the agent is gone")))
	g.Expect(err).To(MatchError(ContainSubstring("was its container killed")))
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).To(MatchError(ContainSubstring("the agent is gone")))
}

func TestAnotherProtocolIsRefused(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	host.Agent.Protocol = wire.Protocol + 1
	conn, err := host.StartAgent(t.Context(), nil)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = agent.Connect(t.Context(), conn)
	g.Expect(err).To(MatchError(ContainSubstring("use an agent of the library's version")))
	host.Agent.Die()
}

func TestACallEndsWithItsContext(t *testing.T) {
	g := NewWithT(t)
	host := drivertest.NewHost()
	client := connect(t, host)
	entered := make(chan struct{})
	release := make(chan struct{})
	host.Agent.OnInject = func(wire.InjectParams) (record.Attestation, error) {
		close(entered)
		<-release
		return record.Attestation{}, nil
	}
	defer close(release)
	cause := errors.New("the spec is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-entered
		cancel(cause)
	}()
	_, err := client.Inject(ctx, wire.InjectParams{ID: "1"})
	g.Expect(err).To(MatchError(cause))
	g.Expect(client.Alive()).To(BeTrue())
}
