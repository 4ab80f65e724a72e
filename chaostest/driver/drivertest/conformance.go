package drivertest

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	Target string
	// Name is what the suite calls the container. Empty means Target.
	Name    string
	Port    string
	Command []string
	Code    int
	Output  string
	// Say makes the container write a line that ends in the text to its log.
	Say func(ctx context.Context, text string) error
	// Unpublished is a port of the container that is not published.
	Unpublished string
	// Stop stops the container, and Remove removes it. Recreate then starts another one of
	// its name.
	Stop, Remove, Recreate func(ctx context.Context) error
}

// Conform checks what every driver must do.
func Conform(t *testing.T, s Subject) {
	t.Run("attach", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		g.Expect(target.Name()).To(gomega.Equal(s.name()))
		byID, err := s.Driver.Attach(t.Context(), target.ID())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(byID.ID()).To(gomega.Equal(target.ID()))
		g.Expect(byID.Name()).To(gomega.Equal(s.name()))
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
		g.Expect(err).To(gomega.MatchError(gomega.And(gomega.ContainSubstring(s.name()), gomega.ContainSubstring("is not published"))))
	})
	t.Run("exec", func(t *testing.T) {
		g := gomega.NewWithT(t)
		code, output, err := attach(t, s).Exec(t.Context(), s.Command...)
		g.Expect(err).NotTo(gomega.HaveOccurred(), "an exit code is not an error")
		g.Expect(code).To(gomega.Equal(s.Code))
		g.Expect(strings.TrimSpace(output)).To(gomega.ContainSubstring(s.Output))
	})
	t.Run("logs", func(t *testing.T) { conformLogs(t, s) })
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
	removed := attach(t, s) // and nobody asks for it before another one has its name
	id := removed.ID()
	t.Run("stopped", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		source := s.Driver.(driver.Eventful) // no driver is without it yet
		since := time.Now()
		live := follow(t, source, since, target.ID())
		g.Expect(s.Stop(t.Context())).To(gomega.Succeed())
		state, err := target.State(t.Context())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(state.Running).To(gomega.BeFalse())
		lines, err := target.Logs(t.Context(), time.Time{}, 1000)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(lines).NotTo(gomega.BeEmpty(), "a container that has ended keeps its log")

		stopped := gomega.ContainElements(
			gomega.And(gomega.HaveField("Kind", driver.EventSignalled), gomega.HaveField("Stops", true)),
			gomega.And(gomega.HaveField("Kind", driver.EventEnded), gomega.HaveField("ExitCode", state.ExitCode)),
		)
		g.Eventually(live).WithTimeout(5 * time.Second).Should(stopped)
		var past []driver.Event
		g.Expect(source.Events(t.Context(), since, time.Now(), func(e driver.Event) {
			if e.ID == target.ID() {
				past = append(past, e)
			}
		})).To(gomega.Succeed())
		g.Expect(past).To(stopped, "what has happened can be read again")
		for _, e := range past {
			g.Expect(e.Time).To(gomega.BeTemporally("~", since, time.Minute))
		}
	})
	t.Run("removed", func(t *testing.T) {
		g := gomega.NewWithT(t)
		target := attach(t, s)
		before, err := target.State(t.Context())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(s.Remove(t.Context())).To(gomega.Succeed())
		_, err = target.State(t.Context())
		_, _, endpointErr := target.Endpoint(t.Context(), s.Port)
		_, _, execErr := target.Exec(t.Context(), s.Command...)
		_, logsErr := target.Logs(t.Context(), time.Time{}, 1)
		for _, err := range []error{err, endpointErr, execErr, logsErr} {
			down, ok := errors.AsType[*driver.NotRunningError](err)
			g.Expect(ok).To(gomega.BeTrue(), "a container that is gone is down: %v", err)
			g.Expect(down.State).To(gomega.And(gomega.HaveField("Gone", true), gomega.HaveField("ExitCode", before.ExitCode)))
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("container " + s.name() + " is gone (exit code ")))
		}
		_, err = s.Driver.Attach(t.Context(), s.Target)
		g.Expect(err).To(gomega.MatchError(driver.ErrNotFound), "to attach to what is not there is a mistake")
	})
	t.Run("recreated", func(t *testing.T) {
		g := gomega.NewWithT(t)
		g.Expect(s.Recreate(t.Context())).To(gomega.Succeed())
		state, err := removed.State(t.Context())
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(state.Running).To(gomega.BeTrue())
		g.Expect(removed.ID()).To(gomega.And(gomega.Not(gomega.Equal(id)), gomega.Equal(attach(t, s).ID())))
		g.Expect(removed.Name()).To(gomega.Equal(s.name()), "it is the same service")
		_, _, err = removed.Endpoint(t.Context(), s.Port)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		code, _, err := removed.Exec(t.Context(), s.Command...)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(code).To(gomega.Equal(s.Code))
	})
}

func (s Subject) name() string { return cmp.Or(s.Name, s.Target) }

// follow returns the events of a container so far.
func follow(t *testing.T, source driver.Eventful, since time.Time, id string) func() []driver.Event {
	t.Helper()
	var mu sync.Mutex
	var all []driver.Event
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() {
		_ = source.Events(ctx, since, time.Time{}, func(e driver.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.ID == id {
				all = append(all, e)
			}
		})
	})
	t.Cleanup(func() { cancel(); following.Wait() })
	return func() []driver.Event {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func attach(t *testing.T, s Subject) driver.Target {
	t.Helper()
	target, err := s.Driver.Attach(t.Context(), s.Target)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return target
}
