package fault_test

import (
	"errors"
	"math"
	"net/netip"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestFaultsDescribeThemselves(t *testing.T) {
	for want, f := range map[string]fault.Fault{
		"delay 300ms":                       fault.Delay(300 * time.Millisecond),
		"delay 300ms ±30ms":                 fault.Delay(300*time.Millisecond, fault.Jitter(30*time.Millisecond)),
		"black hole":                        fault.BlackHole(),
		"CPU burn to 50 % of the quota":     fault.CPUBurn(0.5),
		"memory fill to 0.1 % of the limit": fault.MemoryFill(0.001),
		"CPU throttle to 25 % of the quota": fault.CPUThrottle(0.25),
		"pause":                             fault.Pause(),
	} {
		g := NewWithT(t)
		g.Expect(f.String()).To(Equal(want))
		g.Expect(f.Validate()).To(Succeed())

		wire, err := fault.Marshal(f)
		g.Expect(err).NotTo(HaveOccurred())
		back, err := fault.Unmarshal(wire)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(back).To(Equal(f), "a fault survives the wire")
	}
}

func TestWhatCannotBeDoneExactlyIsRefused(t *testing.T) {
	for want, f := range map[string]fault.Fault{
		"delay -1s: must be at least 100µs":                                                                  fault.Delay(-time.Second),
		"delay 0s: must be at least 100µs":                                                                   fault.Delay(0),
		"delay 4m35s: must be at most 1m0s; use fault.BlackHole for packets that never arrive":               fault.Delay(275 * time.Second),
		"jitter -1ms: must not be negative":                                                                  fault.Delay(time.Second, fault.Jitter(-time.Millisecond)),
		"jitter 2s: must be at most the delay 1s: a packet cannot leave before it arrives":                   fault.Delay(time.Second, fault.Jitter(2*time.Second)),
		"CPU burn: share 150 % of the CPU quota: must be at most 100 %: write 0.8 for 80 %":                  fault.CPUBurn(1.5),
		"CPU burn: share 0 % of the CPU quota: must be above 0 %: leave the fault out to do nothing":         fault.CPUBurn(0),
		"CPU burn: share NaN % of the CPU quota: must be above 0 %: leave the fault out to do nothing":       fault.CPUBurn(fault.Share(math.NaN())),
		"CPU throttle: share 100 % of the CPU quota: must be below 100 %: leave the fault out to do nothing": fault.CPUThrottle(1),
		"CPU throttle: share 120 % of the CPU quota: must be at most 100 %: write 0.8 for 80 %":              fault.CPUThrottle(1.2),
		"memory fill: share 8000 % of the memory limit: must be at most 100 %: write 0.8 for 80 %":           fault.MemoryFill(80),
		"memory fill: share -5 % of the memory limit: must be above 0 %: leave the fault out to do nothing":  fault.MemoryFill(-0.05),
	} {
		NewWithT(t).Expect(f.Validate()).To(MatchError(want))
		wire, err := fault.Marshal(f)
		if err != nil {
			continue // NaN has no place in JSON
		}
		_, err = fault.Unmarshal(wire)
		NewWithT(t).Expect(err).To(MatchError(want), "the agent checks again")
	}
}

func TestAnUnknownKindIsNamed(t *testing.T) {
	_, err := fault.Unmarshal([]byte(`{"kind":"earthquake","fault":{}}`))
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(`unknown kind "earthquake"`)))
}

func TestAnOptionThatIsNilIsRefused(t *testing.T) {
	g := NewWithT(t)
	g.Expect(fault.Delay(time.Second, nil).Validate()).To(MatchError("delay 1s: option 1 is nil: leave it out"))
	g.Expect(fault.Delay(time.Second, fault.Seed(7), nil).Validate()).To(MatchError("delay 1s: option 2 is nil: leave it out"))
}

func TestAnUnsupportedFaultSaysWhy(t *testing.T) {
	g := NewWithT(t)
	var err error = &fault.UnsupportedError{What: "delay via netem", Needs: "sch_netem", Have: "the kernel has none", Do: "leave out Via"}
	g.Expect(errors.Is(err, fault.ErrUnsupported)).To(BeTrue())
	g.Expect(err).To(MatchError("delay via netem: unsupported, because it needs sch_netem, but the kernel has none: leave out Via"))
}

func prefixes(all ...string) []netip.Prefix {
	var parsed []netip.Prefix
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

func TestFilters(t *testing.T) {
	port := func(first, last uint16) []fault.PortRange { return []fault.PortRange{{First: first, Last: last}} }
	t.Run("words", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(fault.Filter{Direction: fault.Ingress, Label: "shop", Ports: port(5432, 5432), Protocol: fault.TCP}.String()).
			To(Equal("ingress from shop, port 5432, tcp"))
		g.Expect(fault.Filter{Direction: fault.Egress, Peers: prefixes("10.0.0.7/32", "fd00::/8"), Ports: port(80, 90)}.String()).
			To(Equal("egress to 10.0.0.7, fd00::/8, port 80-90"))
		g.Expect(fault.Filter{}.String()).To(BeEmpty())
	})
	t.Run("refused", func(t *testing.T) {
		for want, f := range map[string]fault.Filter{
			`filter direction "sideways": must be egress, ingress or both`:                  {Direction: "sideways"},
			`filter protocol "sctp": must be tcp, udp or icmp`:                              {Protocol: "sctp"},
			`filter ports 80 with protocol icmp: ICMP has no ports, so nothing would match`: {Protocol: fault.ICMP, Ports: port(80, 80)},
			`filter port 90-80: must be from 1 to 65535, the lower end first`:               {Ports: port(90, 80)},
			`filter port 0: must be from 1 to 65535, the lower end first`:                   {Ports: port(0, 0)},
			`filter with 129 peers: at most 128: name a network such as 10.0.0.0/8`:         {Peers: make([]netip.Prefix, 129)},
			`filter peer invalid Prefix: not an address or network`:                         {Peers: make([]netip.Prefix, 1)},
			`filter with 65 port ranges: at most 64: join them into ranges`:                 {Ports: make([]fault.PortRange, 65)},
		} {
			NewWithT(t).Expect(f.Validate()).To(MatchError(want))
		}
	})
	t.Run("overlap", func(t *testing.T) {
		all := fault.Filter{Direction: fault.Both}
		db := fault.Filter{Direction: fault.Ingress, Peers: prefixes("10.0.0.0/24"), Ports: port(5432, 5432), Protocol: fault.TCP}
		for name, c := range map[string]struct {
			a, b fault.Filter
			want bool
		}{
			"everything with anything":       {all, db, true},
			"another direction":              {fault.Filter{Direction: fault.Egress}, db, false},
			"another protocol":               {fault.Filter{Direction: fault.Both, Protocol: fault.UDP}, db, false},
			"ICMP with ports":                {fault.Filter{Direction: fault.Both, Protocol: fault.ICMP}, fault.Filter{Direction: fault.Both, Ports: port(80, 80)}, false},
			"another port":                   {fault.Filter{Direction: fault.Both, Ports: port(80, 90)}, db, false},
			"a port in the range":            {fault.Filter{Direction: fault.Both, Ports: port(5000, 6000)}, db, true},
			"a peer in the network":          {fault.Filter{Direction: fault.Both, Peers: prefixes("10.0.0.9/32")}, db, true},
			"a peer elsewhere":               {fault.Filter{Direction: fault.Both, Peers: prefixes("10.0.1.9/32")}, db, false},
			"a peer of the other family":     {fault.Filter{Direction: fault.Both, Peers: prefixes("fd00::1/128")}, db, false},
			"a filter without its direction": {fault.Filter{}, db, false},
		} {
			NewWithT(t).Expect(c.a.Overlaps(c.b)).To(Equal(c.want), name)
			NewWithT(t).Expect(c.b.Overlaps(c.a)).To(Equal(c.want), name+", the other way round")
		}
	})
	t.Run("paths", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(fault.Path("carrier pigeon").Validate()).To(MatchError(ContainSubstring(`data path "carrier pigeon": must be "netem", "user space", or empty`)))
		g.Expect(fault.AutoPath.Validate()).To(Succeed())
	})
}
