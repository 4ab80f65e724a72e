package drivertest_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
)

func TestTheFakeConforms(t *testing.T) {
	up := driver.State{
		Running:   true,
		Addresses: map[string][]netip.Addr{"net": {netip.MustParseAddr("10.0.0.2")}},
		Subnets:   map[string][]netip.Prefix{"net": {netip.MustParsePrefix("10.0.0.0/24")}},
		Gateways:  map[string][]netip.Addr{"net": {netip.MustParseAddr("10.0.0.1")}},
		Published: []string{"8080/tcp"},
	}
	target := drivertest.NewTarget("db", up)
	target.Endpoints = map[string]string{"8080/tcp": "127.0.0.1:32768"}
	target.OnExec = func(...string) (int, string) { return 3, "said\n" }
	fake := drivertest.NewFake(target)
	t.Cleanup(fake.Agent.Die)
	drivertest.Conform(t, drivertest.Subject{
		Driver: fake, Target: "db", Port: "8080/tcp", Unpublished: "9/tcp",
		Command: []string{"say"}, Code: 3, Output: "said",
		Say: func(_ context.Context, text string) error { target.Say("fake: " + text); return nil },
		Stop: func(context.Context) error {
			target.Become(driver.State{ExitCode: 143})
			fake.Happen(driver.Event{Kind: driver.EventSignalled, ID: target.ID(), Signal: 15, Stops: true})
			fake.Happen(driver.Event{Kind: driver.EventEnded, ID: target.ID(), ExitCode: 143})
			return nil
		},
		Remove: func(context.Context) error {
			target.Become(driver.State{Gone: true, ExitKnown: true, ExitCode: 143})
			return nil
		},
		Recreate: func(context.Context) error {
			target.Recreate("another", up)
			return nil
		},
	})
}
