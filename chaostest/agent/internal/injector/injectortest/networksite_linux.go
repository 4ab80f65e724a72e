package injectortest

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"regexp"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// prompt is how soon a packet arrives without a fault. The catalogue's delay is
// longer.
const prompt = 50 * time.Millisecond

// networkSite is a container with its own network, and a client. A fault is felt
// when a packet arrives late or not at all.
type networkSite struct {
	t       *testing.T
	g       *WithT
	host    *networktest.Host
	client  *networktest.Host
	inside  *net.UDPConn // of the host
	outside *net.UDPConn // of the client
	sent    uint64
	before  string
}

var _ site = (*networkSite)(nil)

func newNetworkSite(t *testing.T) *networkSite {
	t.Helper()
	networktest.NeedRoot(t)
	s := &networkSite{t: t, g: NewWithT(t)}
	s.host, s.client = networktest.Connect(t)
	s.inside, s.outside = s.host.Listen(networktest.TargetIP, 7000), s.client.Listen(networktest.ClientIP, 7000)
	cgrouptest.NothingOpen(t)
	s.before = s.host.State()
	t.Cleanup(func() { s.g.Expect(s.host.State()).To(Equal(s.before)) })
	return s
}

func (s *networkSite) target() injector.Target {
	return injector.Target{Name: "shop", PID: s.host.PID()}
}

func (s *networkSite) ended() int {
	h := networktest.NewHost(s.t)
	h.End()
	return h.PID()
}

func (s *networkSite) killTarget() { s.host.End() }

func (s *networkSite) processes() []int { return s.host.Processes() }

func (s *networkSite) state() any { return s.host.State() }

func (s *networkSite) touched() bool { return s.host.State() != s.before }

func (s *networkSite) felt() bool {
	return !s.arrives(s.inside, s.outside) || !s.arrives(s.outside, s.inside)
}

// arrives sends a packet and reports whether it arrives promptly. It ignores packets
// that were sent earlier.
func (s *networkSite) arrives(from, to *net.UDPConn) bool {
	s.t.Helper()
	s.send(from, to)
	s.g.Expect(to.SetReadDeadline(time.Now().Add(prompt))).To(Succeed())
	for packet := make([]byte, 8); ; {
		_, _, err := to.ReadFromUDP(packet)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		s.g.Expect(err).NotTo(HaveOccurred())
		if binary.NativeEndian.Uint64(packet) == s.sent {
			return true
		}
	}
}

func (s *networkSite) send(from, to *net.UDPConn) {
	s.t.Helper()
	s.sent++
	_, err := from.WriteTo(binary.NativeEndian.AppendUint64(nil, s.sent), to.LocalAddr())
	s.g.Expect(err).NotTo(HaveOccurred())
}

// work sends a packet each way.
func (s *networkSite) work() {
	s.send(s.inside, s.outside)
	s.send(s.outside, s.inside)
}

// agentLease is that of a real agent: only the lease ends a fault in the kernel.
func (s *networkSite) agentLease() time.Duration { return wire.Lease }

func (s *networkSite) answers() answers {
	path := "^(bpf|netem|user space)$"
	if os.Getenv(networktest.RequireNetem) != "" {
		path = "^(bpf|netem)$"
	}
	return answers{
		path:    path,
		refused: " of container shop: ",
		foreign: "which does not belong to the container: has the container been restarted?",
		ended:   "no such process: has the container stopped?",
		lapsed:  MatchRegexp("the lease ran out$|because the lease had run out$"),
		// The fault runs again. Its evidence still says that the lease lapsed.
		renewedLapsed: Succeed(),
		// A renewal often arrives during a revert, and changes nothing.
		renewedReverted: Succeed(),
		clash: func(first fault.Fault) []types.GomegaMatcher {
			return []types.GomegaMatcher{MatchRegexp(`would .* the same packets as injection one \(%s, .*\) on this target: revert that first`, regexp.QuoteMeta(first.String()))}
		},
	}
}

// overlapped expects a refusal where both faults hand packets on to a data path,
// since a packet can be handed on only once.
func (s *networkSite) overlapped(first, second record.Attestation, refused bool) {
	s.t.Helper()
	s.g.Expect(refused).To(Equal(first.Path != "bpf" && second.Path != "bpf"), "refused, with %q before %q", first.Path, second.Path)
}
