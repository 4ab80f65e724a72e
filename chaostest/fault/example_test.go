package fault_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func ExampleDelay() {
	fmt.Println(fault.Delay(300*time.Millisecond, fault.Jitter(30*time.Millisecond), fault.Seed(7)))
	fmt.Println(fault.Delay(5 * time.Minute).Validate())
	// Output:
	// delay 300ms ±30ms
	// delay 5m0s: must be at most 1m0s; use fault.BlackHole for packets that never arrive
}

func ExampleBlackHole() {
	fmt.Println(fault.BlackHole())
	// Output: black hole
}

func ExampleCPUBurn() {
	fmt.Println(fault.CPUBurn(0.5))
	// Output: CPU burn to 50 % of the quota
}

func ExampleCPUThrottle() {
	fmt.Println(fault.CPUThrottle(0.25))
	// Output: CPU throttle to 25 % of the quota
}

func ExampleMemoryFill() {
	fmt.Println(fault.MemoryFill(0.8))
	// Output: memory fill to 80 % of the limit
}

func ExamplePause() {
	fmt.Println(fault.Pause())
	// Output: pause
}

// The catalogue lists every fault and what it needs.
func Example_catalogue() {
	for _, f := range fault.Catalogue {
		fmt.Printf("%s: %s\n", f.Kind, f.Help)
		break
	}
	// Output: delay: holds packets back, egress, ingress or both
}

// A caller can recognize a fault that this machine cannot do.
func ExampleUnsupportedError() {
	var err error = &fault.UnsupportedError{
		What: "delay 1s on the netem path", Needs: "the kernel module sch_netem", Have: "this kernel has none",
		Do: "leave the path to the tool",
	}
	fmt.Println(errors.Is(err, fault.ErrUnsupported))
	// Output: true
}
