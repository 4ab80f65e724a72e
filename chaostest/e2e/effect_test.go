package e2e_test

import (
	"context"
	"os/exec"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// outside looks at a container from outside. It compares what it sees under a fault with
// what was there before.
type outside struct {
	service *Service
	pid     int
	trip    time.Duration
}

func look(ctx context.Context, s *Service) *outside {
	GinkgoHelper()
	return &outside{service: s, pid: firstProcess(ctx, s), trip: ping(ctx, s)}
}

// effect returns a function that reports whether the catalogue's example of a fault can
// be seen.
func (o *outside) effect(kind fault.Kind) func(context.Context) bool {
	GinkgoHelper()
	see, ok := map[fault.Kind]func(context.Context) bool{
		fault.KindDelay: func(ctx context.Context) bool {
			trip, answered := o.once(ctx)
			return !answered || trip > o.trip+80*time.Millisecond
		},
		fault.KindBlackHole: func(ctx context.Context) bool {
			_, answered := o.once(ctx)
			return !answered
		},
		fault.KindCPUBurn:     func(context.Context) bool { return len(members(o.pid, "cpu")) > 1 },
		fault.KindCPUThrottle: func(context.Context) bool { return quota(o.pid) != "50000" },
		fault.KindMemoryFill: func(context.Context) bool {
			return len(members(o.pid, "memory")) > 1 || float64(memoryUsed(o.pid)) > 0.4*memoryLimit
		},
		fault.KindPause: func(context.Context) bool { return frozen(o.pid) },
	}[kind]
	if !ok {
		Fail("the effect of a fault of kind " + string(kind) + " is not known: add how it is seen from outside")
	}
	return see
}

// once sends one packet to the container and waits a second for the answer.
func (o *outside) once(ctx context.Context) (trip time.Duration, answered bool) {
	output, err := exec.CommandContext(ctx, "ping", "-c", "1", "-W", "1", address(ctx, o.service).String()).CombinedOutput()
	found := pingAverage.FindSubmatch(output)
	if err != nil || found == nil {
		return 0, false
	}
	ms, err := strconv.ParseFloat(string(found[1]), 64)
	return time.Duration(ms * float64(time.Millisecond)), err == nil
}
