package network

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// agent is the packet injector of one agent.
type agent struct {
	namespaces *namespaces
	handlers   []injector.Handler
}

func newAgent() agent {
	live := newNamespaces()
	return agent{namespaces: live, handlers: handlers(live)}
}

// injected is a fault that was applied. The end of the spec reverts it if the spec has not.
type injected struct {
	injector.Live
	journal *injector.Journal
}

func (i injected) revert() {
	GinkgoHelper()
	Expect(i.journal.Unwind()).To(Succeed())
	Expect(i.Prove()).To(Succeed())
}

// stop makes the injection's agent as good as dead: it follows nothing and renews nothing.
func (i injected) stop() {
	live := i.Live.(*injection)
	live.mu.Lock()
	defer live.mu.Unlock()
	live.running = false
}

var number int

// request makes a request, with defaults for everything that a spec does not name.
func request(target *Host, f fault.Fault, filter fault.Filter, path fault.Path) injector.Request[fault.Fault] {
	number++
	if filterable, ok := f.(fault.Filterable); ok && filter.Direction == "" {
		filter.Direction = filterable.DefaultDirection()
	}
	until := injector.Monotonic() + 3600e9
	return injector.Request[fault.Fault]{
		ID: fmt.Sprintf("spec-%d", number), Target: injector.Target{Name: "target", PID: target.PID()},
		Fault: f, Filter: filter, Path: path, Lease: func() uint64 { return until },
	}
}

func (a agent) inject(ctx SpecContext, q injector.Request[fault.Fault]) (injected, error) {
	GinkgoHelper()
	handler, err := injector.Find(a.handlers, q.Fault)
	Expect(err).NotTo(HaveOccurred())
	journal := injector.NewJournal(nil)
	DeferCleanup(journal.Unwind)
	live, err := handler.Apply(ctx, q, journal)
	return injected{Live: live, journal: journal}, err
}

func (a agent) mustInject(ctx SpecContext, q injector.Request[fault.Fault]) injected {
	GinkgoHelper()
	i, err := a.inject(ctx, q)
	Expect(err).NotTo(HaveOccurred())
	return i
}
