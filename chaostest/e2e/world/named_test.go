package world_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/runner/gate"
)

var named = map[string]suite{
	"that attaches by ID names its probes alike in each run": {specs: func() {
		It("loads", func(ctx SpecContext) {
			first, second := own(ctx), own(ctx)
			defer terminate(ctx, first)
			defer terminate(ctx, second)
			loaded(ctx, Attach(ctx, first.GetContainerID()))
			loaded(ctx, Attach(ctx, second.GetContainerID()))
			loaded(ctx, Attach(ctx, second.GetContainerID()).As("backup"))
		})
	}, verdict: gate.Pass, check: func(run gate.Run) {
		var probes []string
		for _, w := range run.Specs[0].Windows {
			probes = append(probes, w.Probe)
		}
		Expect(probes).To(Equal([]string{
			"GET http://echo:8080/healthz", "GET http://echo-2:8080/healthz", "GET http://backup:8080/healthz",
		}))
	}},
}
