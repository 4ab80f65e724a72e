// chaosgate-agent runs beside the containers and injects the faults that the library asks
// for. The library starts it and talks to it over its standard input and output. When the
// input ends, the agent reverts everything.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/container"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injectors"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/prober"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/server"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
)

func main() {
	// The keeper, and a burner or a balloon in a target's cgroup, are this program again.
	keeper.Main()
	worker.Main(injectors.Workers())
	if err := cgroup.EnterHostNamespace(); err != nil {
		fmt.Fprintln(os.Stderr, "chaosgate-agent:", err)
	}
	if err := cgroup.Sweep(); err != nil {
		fmt.Fprintln(os.Stderr, "chaosgate-agent:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	find := container.NewFinder("/proc").FirstProcess
	looks := prober.New(find)
	defer looks.Close()
	if err := server.New(injectors.All(), find, looks.Look, wire.Lease).Serve(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chaosgate-agent:", err)
		os.Exit(1)
	}
}
