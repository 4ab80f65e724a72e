package world_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// networks are suites whose containers are connected and disconnected under a fault, or in
// whose network somebody else changes something.
var networks = map[string]suite{
	"that lets networks come and go has the delay on each new one": {specs: func() {
		It("moves", func(ctx SpecContext) {
			s := redis(ctx)
			network := emptyNetwork(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), NetworksComeAndGo())
			for range 2 {
				command(ctx, "network", "connect", network, s.ID())
				pings(ctx, address(ctx, s, network), ">=", 200)
				command(ctx, "network", "disconnect", network, s.ID())
			}
			takes(ctx, s, ">=", 200*time.Millisecond)
			command(ctx, "network", "connect", network, s.ID())
			slow.Revert(ctx)
			pings(ctx, address(ctx, s, network), "<", 150)
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that moves networks without a word is a tool failure": {specs: func() {
		It("moves", func(ctx SpecContext) {
			s := redis(ctx)
			network := emptyNetwork(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			command(ctx, "network", "connect", network, s.ID())
			pings(ctx, address(ctx, s, network), ">=", 50)
			command(ctx, "network", "disconnect", network, s.ID())
		})
	}, verdict: gate.ToolFailure, words: "eth1 has come, with "},

	"whose fault somebody else removes is a tool failure, though it is put back": {specs: func() {
		It("loses its classifier", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			enter(ctx, s, "tc", "qdisc", "del", "dev", "eth0", "clsact")
			takes(ctx, s, ">=", 50*time.Millisecond)
		})
	}, verdict: gate.ToolFailure, words: "somebody else has changed that"},

	"in whose target somebody lets packets pass before the fault is a tool failure": {specs: func() {
		It("loses sight of the packets", func(ctx SpecContext) {
			s := redis(ctx)
			slow := Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			// The fault's filter is still there, but no packet comes to it any more.
			enter(ctx, s, "tc", "filter", "add", "dev", "eth0", "egress", "prio", "1", "u32", "match", "u32", "0", "0", "classid", "1:1")
			takes(ctx, s, "<", 50*time.Millisecond)
			enter(ctx, s, "tc", "filter", "del", "dev", "eth0", "egress", "prio", "1")
			takes(ctx, s, ">=", 50*time.Millisecond)
			Expect(slow.Active()).To(BeTrue())
		})
	}, verdict: gate.ToolFailure, words: "filter u32 with preference 1 on eth0 egress may end the way of packets before they meet the fault"},

	"whose network is set down and up by itself passes": {specs: func() {
		It("stays", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			gateway := strings.Fields(enter(ctx, s, "ip", "route", "show", "default"))[2]
			enter(ctx, s, "ip", "link", "set", "eth0", "down")
			enter(ctx, s, "ip", "link", "set", "eth0", "up")
			enter(ctx, s, "ip", "route", "add", "default", "via", gateway)
			takes(ctx, s, ">=", 50*time.Millisecond)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that meets the fault of another test process is refused by name": {specs: func() {
		delay := func(ctx SpecContext, s *Service, d time.Duration) { Inject(ctx, fault.Delay(d), On(s)) }
		if id := os.Getenv(besideVariable); id != "" {
			It("comes second", func(ctx SpecContext) { delay(ctx, Attach(ctx, id), 30*time.Millisecond) })
			return
		}
		It("comes first", func(ctx SpecContext) {
			s := redis(ctx)
			delay(ctx, s, 300*time.Millisecond)
			second := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWorld$")
			second.Env = append(os.Environ(), besideVariable+"="+s.ID(), reportVariable+"=")
			output, err := second.CombinedOutput()
			Expect(err).To(HaveOccurred())
			Expect(string(output)).To(MatchRegexp(`delay 30ms \(egress\) would delay the same packets as injection \S+ \(delay 300ms, egress\) on this target, which another test process holds`))
			takes(ctx, s, ">=", 300*time.Millisecond)
			pings(ctx, addressOf(ctx, s), "<", 330)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that starts a network in its target passes": {specs: func() {
		It("bridges", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			enter(ctx, s, "ip", "link", "add", "docker0", "type", "bridge") // as Docker in Docker does
			enter(ctx, s, "ip", "addr", "add", "10.213.7.1/24", "dev", "docker0")
			enter(ctx, s, "ip", "link", "set", "docker0", "up")
			takes(ctx, s, ">=", 50*time.Millisecond)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},
}

// besideVariable names the container of a suite to a second process of it.
const besideVariable = "CHAOSGATE_WORLD_BESIDE"

// emptyNetwork makes a network that goes with the spec.
func emptyNetwork(ctx context.Context) (name string) {
	GinkgoHelper()
	name = fmt.Sprintf("chaosgate-world-%d", time.Now().UnixNano())
	command(ctx, "network", "create", "--label", "chaosgate.world=1", name)
	DeferCleanup(func(ctx SpecContext) { //nolint:contextcheck // the spec's context has ended by then
		_ = exec.CommandContext(ctx, "docker", "network", "disconnect", "--force", name, "all").Run()
		command(ctx, "network", "rm", "--force", name)
	})
	return name
}

// address is the container's address in a network.
func address(ctx context.Context, s *Service, network string) string {
	GinkgoHelper()
	format := fmt.Sprintf(`{{(index .NetworkSettings.Networks %q).IPAddress}}`, network)
	output, err := exec.CommandContext(ctx, "docker", "inspect", "--format", format, s.ID()).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(output))
}

// enter runs a tool of this machine in the container's network namespace, as somebody else
// would.
func enter(ctx context.Context, s *Service, command ...string) string {
	GinkgoHelper()
	arguments := append([]string{"--target", pid(ctx, s), "--net"}, command...)
	output, err := exec.CommandContext(ctx, "nsenter", arguments...).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s", output)
	return string(output)
}

var roundTrip = regexp.MustCompile(`time=([0-9.]+) ms`)

// pings waits until a ping takes at least, or at most, so many milliseconds.
func pings(ctx context.Context, address, comparator string, milliseconds float64) {
	GinkgoHelper()
	Eventually(ctx, func(ctx context.Context) (float64, error) {
		output, err := exec.CommandContext(ctx, "ping", "-n", "-c", "1", "-W", "2", address).Output()
		if err != nil {
			return 0, err
		}
		return strconv.ParseFloat(string(roundTrip.FindSubmatch(output)[1]), 64)
	}).WithTimeout(10 * time.Second).Should(BeNumerically(comparator, milliseconds))
}
