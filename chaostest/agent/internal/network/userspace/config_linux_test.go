package userspace_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestBadConfigsAreRefused(t *testing.T) {
	good := userspace.Config{Namespace: &tc.Namespace{}, Link: "eth0", LinkIndex: 2, Direction: fault.Egress, Delay: time.Second, Jitter: time.Second}
	g := NewWithT(t)
	g.Expect(userspace.Validate(good)).To(Succeed())
	for want, spoil := range map[string]func(*userspace.Config){
		"no namespace: must be the target's":                                func(c *userspace.Config) { c.Namespace = nil },
		`link "", index 2: must have a name and an index above 0`:           func(c *userspace.Config) { c.Link = "" },
		`link "eth0", index -1: must have a name and an index above 0`:      func(c *userspace.Config) { c.LinkIndex = -1 },
		`direction "both": must be egress or ingress; open a path for each`: func(c *userspace.Config) { c.Direction = fault.Both },
		"delay -1s: must be from 0 to 1m0s":                                 func(c *userspace.Config) { c.Delay = -time.Second },
		"delay 1m1s: must be from 0 to 1m0s":                                func(c *userspace.Config) { c.Delay = 61 * time.Second },
		"jitter 2s: must be from 0 to the delay 1s":                         func(c *userspace.Config) { c.Jitter = 2 * time.Second },
		"jitter -1ns: must be from 0 to the delay 1s":                       func(c *userspace.Config) { c.Jitter = -1 },
		"mark 0x0: must be from 0x63676901 to 0x636769ff":                   func(c *userspace.Config) { c.Direction = fault.Ingress },
		"mark 0x63676a00: must be from 0x63676901 to 0x636769ff":            func(c *userspace.Config) { c.Direction, c.Mark = fault.Ingress, 0x63676a00 },
	} {
		c := good
		spoil(&c)
		g.Expect(userspace.Validate(c)).To(MatchError(want))
	}
}
