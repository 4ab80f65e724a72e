package scope_test

import (
	"context"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// A scope belongs to one test. In a real test, connect is docker.Connect and t is the
// testing.T.
func Example() {
	connect := drivertest.NewFake(drivertest.NewTarget("db", running("net", "10.0.0.2"))).Connect
	t := &spec{name: "TestShop"}
	t.run(func() {
		ctx := context.Background()
		s := scope.New(t, connect)
		db := s.Attach(ctx, "db")

		slow := s.Inject(ctx, fault.Delay(300*time.Millisecond), scope.On(db), scope.Port(5432))
		fmt.Println(slow, slow.Active())

		slow.Revert(ctx) // or the end of the test
		fmt.Println(slow, slow.Active())
	})
	// Output:
	// delay 300ms on db, egress, port 5432 true
	// delay 300ms on db, egress, port 5432 false
}
