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

// All returns the handlers of all faults. They share one keeper.
func All() []injector.Handler { return with(keeper.New()) }

func with(k *keeper.Keeper) []injector.Handler {
	return slices.Concat(network.Faults(), cpu.Faults(k), memory.Faults(), process.Faults(k))
}

// Workers returns the worker programs by name. The agent starts its binary again to
// run one.
func Workers() map[string]worker.Program {
	return map[string]worker.Program{cpu.Program: cpu.Burn, memory.Program: memory.Fill}
}
