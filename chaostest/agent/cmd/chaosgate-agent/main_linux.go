// chaosgate-agent sits beside the containers and does to them what the library
// asks for. It is started by the library, speaks on its standard input and
// output, and reverts everything when its input ends.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cpu"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/memory"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/process"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/server"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func main() {
	// A burner or a balloon is this program again, in the target's cgroup.
	worker.Main(map[string]worker.Program{cpu.Program: cpu.Burn, memory.Program: memory.Fill})
	packets := network.New()
	injectors := server.Injectors{
		fault.KindDelay:      packets,
		fault.KindBlackHole:  packets,
		fault.KindCPUBurn:    cpu.New(),
		fault.KindMemoryFill: memory.New(),
		fault.KindPause:      process.New(),
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	if err := server.New(injectors, wire.Lease).Serve(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaosgate-agent:", err)
		os.Exit(1)
	}
}
