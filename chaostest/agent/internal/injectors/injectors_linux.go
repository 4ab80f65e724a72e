package injectors

import (
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cpu"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/memory"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/process"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
)

// All are the handlers of all faults. They share one keeper.
func All() []injector.Handler { return with(keeper.New()) }

func with(k *keeper.Keeper) []injector.Handler {
	return slices.Concat(network.Faults(), cpu.Faults(k), memory.Faults(), process.Faults(k))
}

// Workers are the programs that the agent's own binary runs, started again.
func Workers() map[string]worker.Program {
	return map[string]worker.Program{cpu.Program: cpu.Burn, memory.Program: memory.Fill}
}
