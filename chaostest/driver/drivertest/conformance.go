package drivertest

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Subject is a driver with a running target, made for the conformance suite.
type Subject struct {
	Driver driver.Driver
	// Target is the name of a running container with one published port, on at
	// least one network, in which Command prints Output and ends with Code.
	Target  string
	Port    string
	Command []string
	Code    int
	Output  string
	// Unpublished is a port of the container that is not published.
	Unpublished string
	// Stop stops the container.
	Stop func(ctx context.Context) error
}

// Conform checks what every driver must do.
func Conform(t *testing.T, s Subject) {
	t.Run("attach", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		g.Expect(target.Name()).To(gomega.Equal(s.Target))
		byID, err := s.Driver.Attach(t.Context(), target.ID())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(byID.ID()).To(gomega.Equal(target.ID()))
		_, err = s.Driver.Attach(t.Context(), "chaosgate-unknown")
		g.Expect(err).To(gomega.MatchError(driver.ErrNotFound))
		g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("chaosgate-unknown")))
	})
	t.Run("state", func(t *testing.T) {
		g := gomega.NewWithT(t)
		state, err := attach(t, s).State(t.Context())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(state.Running).To(gomega.BeTrue())
		g.Expect(state.HostNetwork).To(gomega.BeFalse())
		g.Expect(state.Addresses).NotTo(gomega.BeEmpty())
		for network, addresses := range state.Addresses {
			g.Expect(addresses).NotTo(gomega.BeEmpty(), network)
			for _, address := range append(addresses, state.Gateways[network]...) {
				inside := slices.ContainsFunc(state.Subnets[network], func(s netip.Prefix) bool { return s.Contains(address) })
				g.Expect(inside).To(gomega.BeTrue(), "%s is on %s, which has %s", address, network, state.Subnets[network])
			}
		}
		g.Expect(state.Published).To(gomega.ContainElement(s.Port))
		g.Expect(state.Published).NotTo(gomega.ContainElement(s.Unpublished))
	})
	t.Run("endpoint", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		endpoint, way, err := target.Endpoint(t.Context(), s.Port)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(endpoint).To(gomega.MatchRegexp(`^.+:\d+$`))
		g.Expect(way).To(gomega.Or(gomega.Equal(record.Direct), gomega.Equal(record.Published)))
		endpoint, other, err := target.Endpoint(t.Context(), s.Unpublished)
		if way == record.Direct {
			g.Expect(err).NotTo(gomega.HaveOccurred(), "at its own address a container has all its ports")
			g.Expect(other).To(gomega.Equal(way))
			g.Expect(endpoint).To(gomega.HaveSuffix(":" + strings.TrimSuffix(s.Unpublished, "/tcp")))
			return
		}
		g.Expect(err).To(gomega.MatchError(gomega.And(gomega.ContainSubstring(s.Target), gomega.ContainSubstring("is not published"))))
	})
	t.Run("exec", func(t *testing.T) {
		g := gomega.NewWithT(t)
		code, output, err := attach(t, s).Exec(t.Context(), s.Command...)
		g.Expect(err).NotTo(gomega.HaveOccurred(), "an exit code is not an error")
		g.Expect(code).To(gomega.Equal(s.Code))
		g.Expect(strings.TrimSpace(output)).To(gomega.ContainSubstring(s.Output))
	})
	t.Run("host", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		g.Expect(target.Host().ID()).NotTo(gomega.BeEmpty())
		g.Expect(attach(t, s).Host().ID()).To(gomega.Equal(target.Host().ID()), "a host has one ID")
		// Two agents at once, as with two test processes.
		var clients []*agent.Client
		for range 2 {
			conn, err := target.Host().StartAgent(t.Context(), agent.Build)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			client, err := agent.Connect(t.Context(), conn)
			g.Expect(err).NotTo(gomega.HaveOccurred(), conn.Diagnostics())
			clients = append(clients, client)
		}
		g.Expect(clients[0].Close()).To(gomega.Succeed())
		g.Consistently(clients[1].Alive).WithTimeout(3*wire.RenewEvery).Should(gomega.BeTrue(), "an agent does not end with another one")
		g.Expect(clients[1].Close()).To(gomega.Succeed())
	})
	t.Run("stopped", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		g.Expect(s.Stop(t.Context())).To(gomega.Succeed())
		state, err := target.State(t.Context())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(state.Running).To(gomega.BeFalse())
	})
}

func attach(t *testing.T, s Subject) driver.Target {
	t.Helper()
	target, err := s.Driver.Attach(t.Context(), s.Target)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return target
}
