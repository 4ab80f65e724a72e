package scope_test

import (
	"net/netip"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func prefixes(all ...string) []netip.Prefix {
	var parsed []netip.Prefix
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

// moved is a delay on db from its peers, while something happens to one of the two.
type moved struct {
	*world
	shop *drivertest.FakeTarget
}

// last waits for so many filters, and returns the peers of the last.
func (m moved) last(n int) []netip.Prefix {
	m.Eventually(m.fake.Agent.Filtered).Should(HaveLen(n))
	return m.fake.Agent.Filtered()[n-1].Filter.Peers
}

func (m moved) becomes(kind driver.EventKind, state driver.State) {
	m.shop.Become(state)
	m.fake.Happen(driver.Event{Kind: kind, ID: m.shop.ID(), Name: "shop"})
}

func TestAFaultFollowsItsPeers(t *testing.T) {
	for name, c := range map[string]struct {
		peers   func(m moved) []scope.Peer
		body    func(m moved)
		failure string
		gaps    int
	}{
		"that gets another address": {
			body: func(m moved) {
				m.becomes(driver.EventStarted, running("net", "10.0.0.9"))
				m.Expect(m.last(1)).To(Equal(prefixes("10.0.0.9/32")))
			},
			gaps: 1,
		},
		"that gets the same address": {
			body: func(m moved) {
				m.becomes(driver.EventStarted, running("net", "10.0.0.3"))
				m.Consistently(m.fake.Agent.Filtered, "50ms").Should(BeEmpty())
			},
		},
		"that goes and comes back": {
			body: func(m moved) {
				m.becomes(driver.EventEnded, driver.State{ExitCode: 0})
				m.Expect(m.last(1)).To(Equal(prefixes("192.0.2.1/32", "2001:db8::1/128")), "its last address may be another container's by now")
				m.becomes(driver.EventStarted, running("net", "10.0.0.3"))
				m.Expect(m.last(2)).To(Equal(prefixes("10.0.0.3/32")))
			},
			gaps: 1,
		},
		"that leaves the network that they share": {
			body: func(m moved) {
				m.becomes(driver.EventDisconnected, driver.State{Running: true})
				m.Expect(m.last(1)).To(Equal(prefixes("192.0.2.1/32", "2001:db8::1/128")))
			},
		},
		"one of two": {
			peers: func(m moved) []scope.Peer {
				return []scope.Peer{m.scope.Attach(t.Context(), "shop"), scope.Address("10.9.9.9")}
			},
			body: func(m moved) {
				m.becomes(driver.EventEnded, driver.State{})
				m.Expect(m.last(1)).To(Equal(prefixes("10.9.9.9/32")))
			},
		},
		"another container of its name": {
			body: func(m moved) {
				m.becomes(driver.EventRemoved, driver.State{Gone: true})
				other := drivertest.NewTarget("shop", running("net", "10.0.0.7"))
				other.TargetID = "another"
				m.fake.Put(other)
				m.fake.Happen(driver.Event{Kind: driver.EventStarted, ID: other.ID(), Name: "shop"})
				m.Expect(m.last(1)).To(Equal(prefixes("10.0.0.7/32")))
			},
			gaps: 1,
		},
		"the clients, when the target joins another network": {
			peers: func(moved) []scope.Peer { return []scope.Peer{scope.Clients} },
			body: func(m moved) {
				before := m.fake.Agent.Injected()[0].Filter.Peers
				state := bridged("80/tcp")
				state.Addresses["other"] = addresses("10.7.0.2")
				state.Subnets["other"] = prefixes("10.7.0.0/16")
				state.Gateways["other"] = addresses("10.7.0.1")
				m.db.Become(state)
				m.fake.Happen(driver.Event{Kind: driver.EventConnected, ID: m.db.ID(), Network: "other"})
				m.Expect(m.last(1)).To(And(Not(Equal(before)), ContainElement(netip.MustParsePrefix("10.7.0.1/32"))))
			},
			gaps: 1,
		},
		"an agent that cannot follow": {
			body: func(m moved) {
				m.fake.Agent.OnFilter = func() string { return "it has no filter" }
				m.becomes(driver.EventStarted, running("net", "10.0.0.9"))
				m.last(1)
			},
			failure: "a peer has moved, and the fault could not follow it: it has no filter", gaps: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{WithT: NewWithT(t)}
			w.db = drivertest.NewTarget("db", bridged("80/tcp"))
			if c.peers == nil {
				w.db.Become(running("net", "10.0.0.2"))
				c.peers = func(m moved) []scope.Peer { return []scope.Peer{m.scope.Attach(t.Context(), "shop")} }
			}
			m := moved{w, drivertest.NewTarget("shop", running("net", "10.0.0.3"))}
			w.s, w.fake, w.scope = newScope(t, w.db, m.shop)
			w.s.run(func() {
				w.scope.Inject(t.Context(), fault.Delay(time.Second), scope.On(w.scope.Attach(t.Context(), "db")), scope.Between(c.peers(m)...))
				c.body(m)
			})
			if c.failure != "" {
				w.Expect(w.s.failures).To(ConsistOf(ContainSubstring(c.failure)))
				w.Expect(w.s.causes()).To(Equal([]record.Cause{record.ToolFailure}))
			} else {
				w.Expect(w.s.failures).To(BeEmpty())
			}
			gaps := injectionsIn(w.WithT, w.s)[0].Evidence.Gaps
			w.Expect(gaps).To(HaveLen(c.gaps))
			for _, gap := range gaps {
				w.Expect(gap.Expected).To(Equal(c.failure == ""))
			}
		})
	}
}
