package scope_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

var _ scope.T = (*testing.T)(nil)

func addresses(all ...string) []netip.Addr {
	var parsed []netip.Addr
	for _, a := range all {
		parsed = append(parsed, netip.MustParseAddr(a))
	}
	return parsed
}

func running(network string, ips ...string) driver.State {
	return driver.State{Running: true, Addresses: map[string][]netip.Addr{network: addresses(ips...)}}
}

// bridged is a running container on a Docker bridge.
func bridged(published ...string) driver.State {
	state := running("net", "172.17.0.2")
	state.Subnets = map[string][]netip.Prefix{"net": {netip.MustParsePrefix("172.17.0.0/16")}}
	state.Gateways = map[string][]netip.Addr{"net": addresses("172.17.0.1")}
	state.Published = published
	return state
}

func newScope(t *testing.T, targets ...*drivertest.FakeTarget) (*spec, *drivertest.Fake, *scope.Scope) {
	t.Helper()
	s := &spec{name: t.Name()}
	fake := drivertest.NewFake(targets...)
	t.Cleanup(fake.Agent.Die)
	return s, fake, scope.New(s, fake.Connect)
}

func TestAFaultIsRevertedWhenTheSpecEnds(t *testing.T) {
	g := NewWithT(t)
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	shop := drivertest.NewTarget("shop", driver.State{Running: true, Addresses: map[string][]netip.Addr{
		"net": addresses("10.0.0.3", "fd00::3"), "other": addresses("10.9.0.3"),
	}})
	s, fake, sc := newScope(t, db, shop)
	s.run(func() {
		slow := sc.Inject(t.Context(), fault.Delay(time.Second),
			scope.On(sc.Attach(t.Context(), "db")), scope.From(sc.Attach(t.Context(), "shop")), scope.Port(5432))
		g.Expect(slow.String()).To(Equal("delay 1s on db, ingress from shop, port 5432"))
		g.Expect(slow.Active()).To(BeTrue())
		g.Expect(s.progress).To(HaveLen(1))
		g.Expect(s.progress[0]()).To(MatchRegexp(`^delay 1s on db, .*: live for \d+`))
		g.Expect(slow.Attestations()[0].Path).To(Equal("fake"))
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(s.progress).To(BeEmpty(), "a fault that is over is no news")
	g.Expect(s.steps).To(Equal([]string{"injected delay 1s on db, ingress from shop, port 5432", "reverted delay 1s on db, ingress from shop, port 5432"}))
	asked := fake.Agent.Injected()
	g.Expect(asked).To(HaveLen(1))
	g.Expect(asked[0].Filter.Direction).To(Equal(fault.Ingress))
	g.Expect(asked[0].Filter.Peers).To(Equal([]netip.Prefix{netip.MustParsePrefix("10.0.0.3/32"), netip.MustParsePrefix("fd00::3/128")}),
		"only the addresses on the shared network")
	g.Expect(asked[0].TargetID).To(Equal(db.ID()))
	g.Expect(fake.Agent.Reverted()).To(Equal([]string{asked[0].ID}))
	g.Expect(s.entries).To(HaveLen(1))
	rec, err := record.Decode[record.Injection](s.entries[0], "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec.Reverted).To(BeTrue())
	g.Expect(rec.Evidence.Value("packets")).To(Equal(record.Float(1)))
	g.Expect(rec.Spec).To(Equal(t.Name()))
}

func TestMistakesAreReportedBeforeAnythingIsTouched(t *testing.T) {
	type c = func(sc *scope.Scope, db *scope.Service)
	inject := func(f fault.Fault, options ...scope.InjectOption) c {
		return func(sc *scope.Scope, db *scope.Service) {
			sc.Inject(t.Context(), f, scope.On(db), options...)
		}
	}
	second := fault.Delay(time.Second)
	ten, eleven := scope.Address("10.0.0.1"), scope.Address("10.0.0.2")
	for want, body := range map[string]c{
		"inject delay 1s: no target: say On(service)": func(sc *scope.Scope, _ *scope.Service) {
			sc.Inject(t.Context(), second, scope.On())
		},
		"inject delay 1s: a target is nil: was the service started in this spec, or in a BeforeEach?": func(sc *scope.Scope, _ *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(nil))
		},
		"inject: the fault is nil: name one, such as fault.Pause()": inject(nil),
		"inject delay 1s: option 2 is nil: leave it out":            inject(second, scope.Port(80), nil),
		"run: nothing to start: say what, such as docker.Image(\"nginx\")": func(sc *scope.Scope, _ *scope.Service) {
			sc.Run(t.Context(), nil)
		},
		"inject delay -1s: delay -1s: must be at least 100µs":                                                                        inject(fault.Delay(-time.Second)),
		"inject pause: pause: a filter is for network faults: leave out Port, Between":                                               inject(fault.Pause(), scope.Port(80), scope.Between(ten)),
		`inject delay 1s: port "70000": must be from 1 to 65535, as in 5432/tcp, or a range of such, as in 8000-8100/tcp`:            inject(second, scope.Port(70000)),
		`inject delay 1s: port "80/sctp": protocol "sctp": must be tcp or udp, as in 5432/tcp`:                                       inject(second, scope.Port("80/sctp")),
		"inject delay 1s: Port names no port: leave it out to mean all":                                                              inject(second, scope.Port[int]()),
		`inject delay 1s: Port("53/udp") contradicts Port("80/tcp"): inject the fault once for each protocol`:                        inject(second, scope.Port("80/tcp", "53/udp")),
		`inject delay 1s: Protocol("icmp") contradicts Port("80/tcp"): inject the fault once for each protocol`:                      inject(second, scope.Port("80/tcp"), scope.Protocol(fault.ICMP)),
		"inject delay 1s: a peer is nil: was the service started in this spec, or in a BeforeEach?":                                  inject(second, scope.From(nil)),
		"inject delay 1s: Between names no peer: leave it out to mean all traffic":                                                   inject(second, scope.Between()),
		"inject delay 1s: From names no peer: leave it out to mean all traffic":                                                      inject(second, scope.From()),
		"inject delay 1s: Direction(fault.Egress) contradicts From: to mean both ways, say Between(peers) and Direction(fault.Both)": inject(second, scope.From(ten), scope.Direction(fault.Egress)),
		"inject delay 1s: To contradicts From: to mean both ways, say Between(peers) and Direction(fault.Both)":                      inject(second, scope.From(ten), scope.To(eleven)),
		"inject delay 1s: db is a target and its only peer: what a container sends to itself does not leave it": func(sc *scope.Scope, db *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(db), scope.Between(db))
		},
		`inject delay 1s: data path "pigeon": must be "netem", "user space", or empty to let the kernel decide`:                                inject(second, scope.Via("pigeon")),
		`inject delay 1s on db: peer "ten": neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8`:                              inject(second, scope.From(scope.Address("ten"))),
		`inject delay 1s on db: peer "10.0.0.7/8" has bits set after its prefix: write 10.0.0.0/8 for the network or 10.0.0.7 for the address`: inject(second, scope.From(scope.Address("10.0.0.7/8"))),
		"inject delay 1s on db: peer clients: the container is on no network":                                                                  inject(second, scope.Between(scope.Clients)),
		"inject delay 1s on published: peer clients beside other peers: clients are recognized by the published ports, other peers are not: say Port, or inject the fault once for the clients and once for the others": func(sc *scope.Scope, _ *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(sc.Attach(t.Context(), "published")), scope.Between(scope.Clients, ten))
		},
		"inject delay 1s on unpublished: peer clients: the container publishes no port, so it has no clients": func(sc *scope.Scope, _ *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(sc.Attach(t.Context(), "unpublished")), scope.Between(scope.Clients))
		},
		"inject delay 1s on host: the container shares the host's network, so the fault would hit the whole machine: put it on a network": func(sc *scope.Scope, _ *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(sc.Attach(t.Context(), "host")))
		},
		"inject delay 1s on db: peer lonely has no address, so the filter would match nothing: put it on a network": func(sc *scope.Scope, db *scope.Service) {
			sc.Inject(t.Context(), second, scope.On(db), scope.From(sc.Attach(t.Context(), "lonely")))
		},
		"find container unknown: no such container: there are db, host, lonely, published, unpublished": func(sc *scope.Scope, _ *scope.Service) {
			sc.Attach(t.Context(), "unknown")
		},
	} {
		g := NewWithT(t)
		host := running("host")
		host.HostNetwork = true
		s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")), drivertest.NewTarget("host", host), drivertest.NewTarget("lonely", running("none")),
			drivertest.NewTarget("published", bridged("8080/tcp")), drivertest.NewTarget("unpublished", bridged()))
		s.run(func() { body(sc, sc.Attach(t.Context(), "db")) })
		g.Expect(strings.Join(s.failures, "\n")).To(ContainSubstring(want))
		g.Expect(s.causes()).To(Equal([]record.Cause{record.ToolFailure}), want)
		g.Expect(fake.Agent.Injected()).To(BeEmpty(), want)
	}
}

func TestATargetThatDoesNotRunIsAFindingAboutTheTarget(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, drivertest.NewTarget("db", driver.State{ExitCode: 3, OOMKilled: true}))
	s.run(func() { sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))) })
	g.Expect(s.failures).To(ConsistOf(ContainSubstring("container db does not run (exit code 3, killed because its memory ran out)")))
	g.Expect(s.causes()).To(BeEmpty())
}

func TestTheEndOfAFaultIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		evidence record.Evidence
		left     string
		want     string
		causes   []record.Cause
		found    record.Outcome // the judgement on the injection; empty for a failure of the tool
	}{
		"effective": {evidence: record.Evidence{Effective: true}},
		"touched nothing": {
			evidence: record.Evidence{Summary: "no packet matched the filter"},
			want:     "pause on db: the fault did not have the effect that it names, so nothing was shown: no packet matched the filter",
			causes:   []record.Cause{record.ToolFailure},
		},
		"lapsed": {
			evidence: record.Evidence{Effective: true, LeaseLapsed: true},
			want:     "pause on db: the fault ended by itself before it was reverted",
			causes:   []record.Cause{record.ToolFailure},
		},
		"died": {
			evidence: record.Evidence{Effective: true, TargetDied: true, Summary: "2 of 3"},
			want:     "pause on db: the container ended under the fault: 2 of 3",
			found:    record.Violated,
		},
		"spoilt": {
			evidence: record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills"},
			want:     "pause on db: it is not known what came of the fault: 2 out-of-memory kills",
			found:    record.Undecided,
		},
		"left": {
			evidence: record.Evidence{Effective: true}, left: "qdisc htb still there",
			want:   "pause on db: revert: qdisc htb still there",
			causes: []record.Cause{record.ToolFailure},
		},
	} {
		for _, when := range []string{"by the spec", "at its end"} {
			g := NewWithT(t)
			s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
			fake.Agent.OnEvidence = func(string) record.Evidence { return c.evidence }
			fake.Agent.OnRevert = func(string) string { return c.left }
			s.run(func() {
				i := sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")))
				if when == "by the spec" {
					i.Revert(t.Context())
					i.Revert(t.Context())
				}
			})
			if c.want == "" {
				g.Expect(s.failures).To(BeEmpty(), name)
			} else {
				g.Expect(s.failures).To(ConsistOf(ContainSubstring(c.want)), name+" "+when)
				s.isMarked(g, c.found)
			}
			g.Expect(s.causes()).To(Equal(c.causes), name)
			g.Expect(fake.Agent.Reverted()).To(HaveLen(1), name)
		}
	}
}

func TestWhenOneTargetRefusesNoneKeepsTheFault(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("a", running("net", "10.0.0.2")), drivertest.NewTarget("b", running("net", "10.0.0.3")))
	fake.Agent.OnInject = func(p wire.InjectParams) (record.Attestation, error) {
		if p.TargetName == "b" {
			return record.Attestation{}, errors.New("already paused")
		}
		return record.Attestation{}, nil
	}
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b")))
	})
	g.Expect(s.failures).To(ConsistOf("already paused"))
	g.Expect(fake.Agent.Reverted()).To(HaveLen(2))
}

func TestAnInjectionKnowsWhenItEnded(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() {
		i := sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")))
		at, over := i.Ended()
		g.Expect(at).To(BeZero())
		g.Expect(over).To(BeFalse())
		before := time.Now()
		i.Revert(t.Context())
		at, over = i.Ended()
		g.Expect(over).To(BeTrue())
		g.Expect(at).To(And(BeTemporally(">=", before), BeTemporally("<=", time.Now())))
	})
	g.Expect(s.failures).To(BeEmpty())
	_, over := (*scope.Injection)(nil).Ended()
	g.Expect(over).To(BeFalse())
}

func TestEachHostHasAnAgent(t *testing.T) {
	g := NewWithT(t)
	east, west := drivertest.NewHost(), drivertest.NewHost()
	t.Cleanup(east.Agent.Die)
	t.Cleanup(west.Agent.Die)
	a, b, c := drivertest.NewTarget("a", running("net", "10.0.0.2")), drivertest.NewTarget("b", running("net", "10.0.0.3")), drivertest.NewTarget("c", running("net", "10.0.0.4"))
	a.OnHost, b.OnHost, c.OnHost = east, west, east
	targets := func(agent *drivertest.FakeAgent) []string {
		var names []string
		for _, p := range agent.Injected() {
			names = append(names, p.TargetName)
		}
		return names
	}
	s, fake, sc := newScope(t, a, b, c)
	west.Agent.OnEvidence = func(string) record.Evidence {
		return record.Evidence{Effective: true, Summary: "2 s", Counts: []record.Count{{Name: "frozen", Value: 2}}}
	}
	s.run(func() {
		pause := sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b"), sc.Attach(t.Context(), "c")))
		g.Expect(targets(east.Agent)).To(ConsistOf("a", "c"))
		g.Expect(targets(west.Agent)).To(ConsistOf("b"))
		pause.Revert(t.Context())
		g.Expect(east.Agent.Reverted()).To(HaveLen(2))
		g.Expect(west.Agent.Reverted()).To(HaveLen(1))

		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "b")))
		g.Expect(targets(east.Agent)).To(HaveLen(2), "the agent of another host is left alone")
		g.Expect(east.Agent.Connected()).To(Equal(1), "an agent is started once")
		g.Expect(west.Agent.Connected()).To(Equal(1))
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(fake.Agent.Connected()).To(BeZero(), "on a host without a target nothing is started")
	rec, err := record.Decode[record.Injection](s.entries[0], "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec.Evidence.Summary).To(ContainSubstring("b: 2 s"))
}

func TestANewAgentIsStartedWhenTheLastHasDied(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() {
		db := sc.Attach(t.Context(), "db")
		sc.Inject(t.Context(), fault.Pause(), scope.On(db))
		fake.Agent.Die()
	})
	g.Expect(s.failures).To(ConsistOf(And(ContainSubstring("the agent is gone"), ContainSubstring("was its container killed"))))
	g.Expect(s.causes()).To(Equal([]record.Cause{record.ToolFailure}))

	// The next renewal of the lease notices that the agent died.
	g.Eventually(func() []string {
		*s = spec{name: t.Name()}
		s.run(func() { sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))) })
		return s.failures
	}).WithTimeout(5 * time.Second).Should(BeEmpty())
}
