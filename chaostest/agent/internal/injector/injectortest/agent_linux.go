package injectortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// agentVariable makes the test program, started again, an agent that applies a
// fault and waits to be killed. Its value is an order.
const agentVariable = "CHAOSGATE_TEST_AGENT"

// order says what the agent applies, and for how long each renewal is good.
type order struct {
	Kind   fault.Kind
	Target injector.Target
	Filter fault.Filter
	Lease  time.Duration
}

// Main runs a target, a keeper or an agent, and does not return, if the process was
// started as one. In a test it returns at once. Call it first in TestMain.
func Main(handlers Handlers) {
	cgrouptest.Main()
	keeper.Main()
	if text := os.Getenv(agentVariable); text != "" {
		live, lease, err := beAgent(handlers, text)
		fmt.Println(err)
		for err == nil {
			<-time.After(wire.RenewEvery)
			err = live.Renew(injector.In(lease))
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func beAgent(handlers Handlers, text string) (injector.Live, time.Duration, error) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return nil, 0, err
	}
	for _, entry := range fault.Catalogue {
		if entry.Kind != o.Kind {
			continue
		}
		handler, err := injector.Find(handlers(keeper.New()), entry.Example)
		if err != nil {
			return nil, 0, err
		}
		live, err := handler.Apply(context.Background(), injector.Request[fault.Fault]{
			ID: "1", Target: o.Target, Fault: entry.Example, Filter: o.Filter, Lease: func() uint64 { return injector.In(o.Lease) },
		}, injector.NewJournal(nil))
		return live, o.Lease, err
	}
	return nil, 0, errors.New("the catalogue has no " + string(o.Kind))
}

// agent starts this program again as an agent, and returns when the agent has
// applied the fault.
func (s *subject) agent(f fault.Fault) *exec.Cmd {
	s.t.Helper()
	text, err := json.Marshal(order{Kind: f.Kind(), Target: s.target(), Filter: s.request("1", f).Filter, Lease: s.agentLease()})
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	cmd := exec.CommandContext(s.t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), agentVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.g.Expect(cmd.Start()).To(gomega.Succeed())
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it may have ended
	var word string
	_, err = fmt.Fscan(out, &word)
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.g.Expect(word).To(gomega.Equal("<nil>"))
	return cmd
}
