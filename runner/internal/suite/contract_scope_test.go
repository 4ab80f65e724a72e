package suite

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// contractScope is a scope on a fake driver. Its only target is db.
type contractScope struct {
	*scope.Scope
	agent *drivertest.FakeAgent
	db    *scope.Service
}

// newContractScope makes a scope in which commands on db exit with this code.
func newContractScope(ctx context.Context, code int) contractScope {
	target := drivertest.NewTarget("db", driver.State{Running: true, Addresses: map[string][]netip.Addr{"net": {netip.MustParseAddr("10.0.0.2")}}})
	target.OnExec = func(...string) (int, string) { return code, "" }
	fake := drivertest.NewFake(target)
	ginkgo.DeferCleanup(fake.Agent.Die)
	fake.Agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, Summary: "stood still"} }
	s := scope.New(ginkgo.GinkgoT(), fake.Connect)
	return contractScope{s, fake.Agent, s.Attach(ctx, "db")}
}

func (s contractScope) pause(ctx context.Context) *scope.Injection {
	return s.Inject(ctx, fault.Pause(), scope.On(s.db))
}

func sampleFacts() []fact {
	look := func(ctx context.Context, s contractScope) func() any {
		alive := probe.Exec(s.db, "true")
		return func() any {
			sample, err := alive.Sample(ctx)
			Expect(err).NotTo(HaveOccurred())
			return sample
		}
	}
	live := func(name string, outcome record.Outcome, code int) fact {
		return fact{name: name, outcome: outcome, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			return look(ctx, newContractScope(ctx, code)), BeLive()
		}}
	}
	recovered := func(name string, outcome record.Outcome, code int, limit time.Duration, stops, over bool) fact {
		return fact{name: name, outcome: outcome, stops: stops, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			s := newContractScope(ctx, code)
			pause := s.pause(ctx)
			if over {
				pause.Revert(ctx)
			}
			return look(ctx, s), HaveRecoveredWithin(limit, pause)
		}}
	}
	misused := live("BeLive, misused", "", 0)
	misused.misused, misused.make = true, func(context.Context) (func() any, types.GomegaMatcher) {
		return func() any { return "no sample" }, BeLive()
	}
	return []fact{
		live("BeLive, kept", record.Kept, 0),
		live("BeLive, violated", record.Violated, 1),
		misused,
		recovered("HaveRecoveredWithin, kept", record.Kept, 0, time.Minute, false, true),
		recovered("HaveRecoveredWithin, violated", record.Violated, 1, 1, true, true),
		recovered("HaveRecoveredWithin, undecided", record.Undecided, 1, time.Minute, false, true),
		recovered("HaveRecoveredWithin, of a live fault", record.Undecided, 0, time.Minute, true, false),
	}
}

func evidenceFacts() []fact {
	of := func(name string, outcome record.Outcome, stops bool, e record.Evidence) fact {
		return fact{name: "HaveTakenEffect, " + name, outcome: outcome, stops: stops, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			s := newContractScope(ctx, 0)
			pause := s.pause(ctx)
			s.agent.OnEvidence = func(string) record.Evidence { return e }
			return func() any {
				evidence, err := pause.Evidence(ctx)
				Expect(err).NotTo(HaveOccurred())
				return evidence
			}, HaveTakenEffect()
		}}
	}
	return []fact{
		of("kept", record.Kept, false, record.Evidence{Effective: true, Summary: "stood still"}),
		of("touched nothing", record.ToolFailed, false, record.Evidence{Summary: "did not stand still"}),
		of("lapsed", record.ToolFailed, true, record.Evidence{Effective: true, LeaseLapsed: true}),
		of("died", record.Violated, true, record.Evidence{Effective: true, TargetDied: true}),
		of("spoilt", record.Undecided, true, record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills"}),
	}
}

// toolSpecs are specs that fail without a matcher.
var toolSpecs = map[string]struct {
	want gate.Verdict
	body func(ctx context.Context)
}{
	"a fault that touched nothing": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{} }
		s.pause(ctx)
	}},
	"a fault that lapsed": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, LeaseLapsed: true} }
		s.pause(ctx)
	}},
	"a fault under which the target died": {gate.Regression, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, TargetDied: true} }
		s.pause(ctx)
	}},
	"a fault that was spoilt": {gate.Inconclusive, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, Spoilt: "an out-of-memory kill"} }
		s.pause(ctx)
	}},
	"a fault that cannot be undone": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnRevert = func(string) string { return "still frozen" }
		s.pause(ctx)
	}},
	"a fault with a bad value": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.Inject(ctx, fault.CPUBurn(0), scope.On(s.db))
	}},
	"a container that is not there": {gate.ToolFailure, func(ctx context.Context) {
		newContractScope(ctx, 0).Attach(ctx, "shop")
	}},
	"an agent that does not answer": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		pause := s.pause(ctx)
		s.agent.Die()
		Expect(pause.Evidence(ctx)).To(HaveTakenEffect())
	}},
	"an agent that does not answer while it is polled": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		pause := s.pause(ctx)
		s.agent.Die()
		Eventually(ctx, pause.Evidence).WithTimeout(briefly).Should(HaveTakenEffect())
	}},
	"a service that fails by itself, and a tool that fails afterwards": {gate.Regression, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnRevert = func(string) string { return "still frozen" }
		s.pause(ctx)
		Expect(reported(250, 125, 0)).To(KeepErrorRateBelow(5 * Percent))
	}},
	"an assertion of another kind": {gate.Regression, func(context.Context) {
		Expect(reported(250, 0, 0)).To(KeepErrorRateBelow(5 * Percent))
		Expect(fmt.Sprint("undecided: ", 3)).To(Equal("4"))
	}},
}
