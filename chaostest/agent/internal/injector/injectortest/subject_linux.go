package injectortest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Handlers makes an agent's handlers with a keeper.
type Handlers func(*keeper.Keeper) []injector.Handler

// site is a container, and the handlers that apply faults to it.
type site struct {
	t        *testing.T
	g        *gomega.WithT
	box      *cgrouptest.Box
	target   *cgrouptest.Target
	handlers []injector.Handler
	before   state
}

// state is what a fault may change of a container, as the kernel shows it.
type state struct {
	files     map[string]string
	processes []int
}

// newSite makes a container with all limits. It checks when the test ends that
// nothing is left of any fault.
func newSite(t *testing.T, handlers Handlers) *site {
	t.Helper()
	s := &site{t: t, g: gomega.NewWithT(t), box: cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})}
	s.target = s.box.Start(t, "sleep", "600")
	cgrouptest.NothingLeft(t, s.box)
	k := keeper.New()
	t.Cleanup(func() { s.g.Expect(k.Close()).To(gomega.Succeed()) })
	s.handlers = handlers(k)
	s.before = s.state()
	return s
}

func (s *site) state() state { return state{s.box.Files(s.t), s.box.Processes(s.t)} }

// touched reports whether the kernel shows anything of a fault.
func (s *site) touched() bool {
	now := s.state()
	return !maps.Equal(now.files, s.before.files) || !slices.Equal(now.processes, s.before.processes)
}

func (s *site) request(id string, f fault.Fault) injector.Request[fault.Fault] {
	return injector.Request[fault.Fault]{
		ID: id, Target: injector.Target{ID: s.box.Name, Name: "shop", PID: s.target.PID},
		Fault: f, Lease: func() uint64 { return injector.In(time.Minute) },
	}
}

// apply applies a fault. What is left of it is undone when the test ends.
func (s *site) apply(ctx context.Context, r injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) {
	s.t.Helper()
	handler, err := injector.Find(s.handlers, r.Fault)
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.t.Cleanup(func() { s.g.Expect(journal.Unwind()).To(gomega.Succeed()) })
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return handler.Apply(ctx, r, journal)
}

func (s *site) live(id string, f fault.Fault) (injector.Live, *injector.Journal) {
	s.t.Helper()
	journal := injector.NewJournal(nil)
	live, err := s.apply(s.t.Context(), s.request(id, f), journal)
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.g.Expect(s.touched()).To(gomega.BeTrue(), "a live fault shows")
	return live, journal
}

// agentVariable makes the test program, started again, an agent that applies a
// fault and waits to be killed. Its value is the fault's kind, and the target's
// process and container.
const agentVariable = "CHAOSGATE_TEST_AGENT"

// Main runs a target, a keeper or an agent, and does not return, if the process was
// started as one. In a test it returns at once. Call it first in TestMain.
func Main(handlers Handlers) {
	cgrouptest.Main()
	keeper.Main()
	if of := os.Getenv(agentVariable); of != "" {
		fmt.Println(beAgent(handlers, of))
		select {}
	}
}

func beAgent(handlers Handlers, of string) error {
	var kind fault.Kind
	var target injector.Target
	if _, err := fmt.Sscan(of, &kind, &target.PID, &target.ID); err != nil {
		return err
	}
	for _, entry := range fault.Catalogue {
		if entry.Kind != kind {
			continue
		}
		handler, err := injector.Find(handlers(keeper.New()), entry.Example)
		if err != nil {
			return err
		}
		_, err = handler.Apply(context.Background(), injector.Request[fault.Fault]{
			ID: "1", Target: target, Fault: entry.Example, Lease: func() uint64 { return injector.In(time.Hour) },
		}, injector.NewJournal(nil))
		return err
	}
	return errors.New("the catalogue has no " + string(kind))
}

// agent starts this program again as an agent, and returns when the agent has
// applied the fault.
func (s *site) agent(f fault.Fault) *exec.Cmd {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprint(agentVariable, "=", f.Kind(), " ", strconv.Itoa(s.target.PID), " ", s.box.Name))
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
