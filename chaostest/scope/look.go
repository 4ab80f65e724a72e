package scope

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

var (
	_ probe.Client    = (*Service)(nil)
	_ probe.Faulted   = (*Service)(nil)
	_ probe.Accepting = (*Service)(nil)
)

// Reach is the address of another service's port as this service's container reaches it,
// on a network that both are on. probe.From uses it.
func (s *Service) Reach(ctx context.Context, other probe.Service, port string) (string, error) {
	to, ok := other.(interface {
		State(ctx context.Context) (driver.State, error)
	})
	if !ok {
		return "", fmt.Errorf("%s is a %T, and a probe from %s needs a service of this library", other.Name(), other, s.Name())
	}
	number, protocol, _ := strings.Cut(port, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || protocol != "" && protocol != "tcp" {
		return "", fmt.Errorf("port %q: write it as 8080/tcp", port)
	}
	here, err := s.State(ctx)
	if err != nil {
		return "", err
	}
	there, err := to.State(ctx)
	if err != nil {
		return "", err
	}
	for name, state := range map[string]driver.State{s.Name(): here, other.Name(): there} {
		if !state.Running {
			return "", &driver.NotRunningError{Name: name, State: state}
		}
	}
	addresses := there.Reach(here)
	if len(addresses) == 0 {
		return "", fmt.Errorf("%s has no address that %s could reach: put both on one network", other.Name(), s.Name())
	}
	slices.SortFunc(addresses, func(a, b netip.Addr) int { return a.Compare(b) }) // IPv4 first
	return netip.AddrPortFrom(addresses[0], uint16(n)).String(), nil
}

// Look takes one look from the network namespace of this service's container. probe.From
// uses it.
func (s *Service) Look(ctx context.Context, request look.Request) (look.Answer, error) {
	agent, err := shared.Agent(ctx, s.Host())
	if err != nil {
		return look.Answer{}, err
	}
	answer, err := agent.Look(ctx, wire.LookParams{ClientID: s.ID(), ClientName: s.Name(), Request: request})
	if err != nil {
		return look.Answer{}, fmt.Errorf("look from %s: %w", s.Name(), err)
	}
	return answer, nil
}

// Accepts reports whether something accepts connections to the port at the container's own
// address, as the container itself sees it.
func (s *Service) Accepts(ctx context.Context, port string) (bool, error) {
	address, err := s.Reach(ctx, s, port)
	if err != nil {
		return false, err
	}
	answer, err := s.Look(ctx, look.Request{Address: address, Timeout: time.Second})
	return answer.Class == look.OK, err
}

// NetworkFault names a network fault that is live on this service.
func (s *Service) NetworkFault() string {
	for _, i := range everywhere.live(s.scope.member()) {
		if i.filters(s) {
			return i.String()
		}
	}
	return ""
}

// filters reports whether the injection is a network fault on the service.
func (i *Injection) filters(s *Service) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.ContainsFunc(i.parts, func(p *part) bool { return p.rec.Filter != "" && p.rec.TargetID == s.ID() })
}
