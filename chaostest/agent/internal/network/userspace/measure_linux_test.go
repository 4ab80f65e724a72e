package userspace_test

import (
	"fmt"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// This prints figures and asserts nothing. To run it, in this folder:
// CHAOSGATE_MEASURE=1 go test -v -ginkgo.v -ginkgo.label-filter=measure
var _ = Describe("Figures", Serial, Label("measure"), func() {
	BeforeEach(func() {
		if os.Getenv("CHAOSGATE_MEASURE") != "1" {
			Skip("set CHAOSGATE_MEASURE=1 to print the path's figures")
		}
	})
	const pings = 400

	It("of the round trip", func() {
		fmt.Printf("%-28s %10s %10s %10s   (ping prints 3 digits)\n", "ping", "p50", "p99", "p50 error")
		row := func(name string, want time.Duration, times []time.Duration) {
			fmt.Printf("%-28s %10s %10s %10s\n", name, median(times), times[len(times)*99/100], median(times)-want)
		}
		p := newPair()
		plain := p.peer.ping(p.target.v4, pings)
		row("plain veth", median(plain), plain)
		for _, d := range []fault.Direction{fault.Egress, fault.Ingress} {
			for _, delay := range []time.Duration{5 * time.Millisecond, 99 * time.Millisecond} {
				path := p.delayed(userspace.Config{Direction: d, Delay: delay})
				row(fmt.Sprintf("%s %s", d, delay), delay+median(plain), p.peer.ping(p.target.v4, pings))
				p.pass(d)
				Expect(path.Close()).To(Succeed())
			}
		}
	})

	It("of one TCP stream", func() {
		fmt.Printf("%-28s %12s %8s %8s\n", "iperf3, one stream", "Gbit/s", "ratio", "retrans")
		p := newPair()
		var plain float64
		row := func(name string) {
			sent, received := iperf(p.target, p.peer, p.peer.v4, 3)
			if plain == 0 {
				plain = received.BitsPerSecond
			}
			fmt.Printf("%-28s %12.2f %8.2f %8d\n", name, received.BitsPerSecond/1e9, received.BitsPerSecond/plain, sent.Retransmits)
		}
		row("plain veth")
		for _, d := range []fault.Direction{fault.Egress, fault.Ingress} {
			for _, delay := range []time.Duration{0, 5 * time.Millisecond} {
				path := p.delayed(userspace.Config{Direction: d, Delay: delay})
				row(fmt.Sprintf("%s %s", d, delay))
				p.pass(d)
				Expect(path.Close()).To(Succeed())
			}
		}
		row("plain veth again")
	})

	It("of opening and closing", func() {
		p := newPair()
		fmt.Printf("%-28s %10s %10s\n", "", "p50", "p95")
		for _, d := range []fault.Direction{fault.Egress, fault.Ingress} {
			c := p.config(userspace.Config{Direction: d, Delay: time.Millisecond})
			var opened, closed []time.Duration
			for range 100 {
				start := time.Now()
				path, err := userspace.Open(c)
				Expect(err).NotTo(HaveOccurred())
				opened = append(opened, time.Since(start))
				start = time.Now()
				Expect(path.Close()).To(Succeed())
				closed = append(closed, time.Since(start))
			}
			for _, row := range []struct {
				name  string
				times []time.Duration
			}{{"open", sorted(opened)}, {"close", sorted(closed)}} {
				fmt.Printf("%-28s %10s %10s\n", row.name+" "+string(d), row.times[50], row.times[95])
			}
		}
	})
})
