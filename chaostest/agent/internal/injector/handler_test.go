package injector_test

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestAHandlerGetsFaultsOfItsTypeOnly(t *testing.T) {
	g := NewWithT(t)
	var got injector.Request[fault.CPUBurnFault]
	burn := injector.Handle(func(_ context.Context, r injector.Request[fault.CPUBurnFault], _ *injector.Journal) (injector.Live, error) {
		got = r
		return nil, errors.New("applied")
	})
	g.Expect(burn.Kind()).To(Equal(fault.KindCPUBurn))
	found, err := injector.Find([]injector.Handler{burn}, fault.CPUBurn(0.5))
	g.Expect(err).NotTo(HaveOccurred())
	request := injector.Request[fault.Fault]{
		ID: "1", Target: injector.Target{ID: "c", Name: "shop", PID: 7}, Fault: fault.CPUBurn(0.5),
		Filter: fault.Filter{Label: "from db"}, Path: fault.NetemPath, ComeAndGo: true, Lease: func() uint64 { return 9 },
	}
	_, err = found.Apply(t.Context(), request, injector.NewJournal(nil))
	g.Expect(err).To(MatchError("applied"))
	g.Expect(got.Lease()).To(Equal(uint64(9)))
	got.Lease = nil
	g.Expect(got).To(Equal(injector.Request[fault.CPUBurnFault]{
		ID: "1", Target: request.Target, Fault: fault.CPUBurn(0.5), Filter: request.Filter, Path: fault.NetemPath, ComeAndGo: true,
	}))

	request.Fault = fault.Pause()
	_, err = burn.Apply(t.Context(), request, injector.NewJournal(nil))
	g.Expect(err).To(MatchError("inject pause: it is a fault.PauseFault, and the handler of kind cpu-burn takes a fault.CPUBurnFault"))
	_, err = injector.Find([]injector.Handler{burn}, fault.Pause())
	g.Expect(err).To(MatchError("inject pause: this agent has no injector for it: use an agent of the library's version"))
}
