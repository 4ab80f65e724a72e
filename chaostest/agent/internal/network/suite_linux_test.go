package network

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestNetwork(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "network")
}

// needBPF skips where no namespace can be made and no classifier be loaded.
func needBPF(ctx SpecContext) {
	GinkgoHelper()
	NeedRoot(GinkgoTB())
	Need(GinkgoTB(), RequireRoot, "BPF classifiers", whatKernelCan(ctx).bpf)
}

// needPath skips a path that this kernel cannot take.
func needPath(ctx SpecContext, path fault.Path) {
	GinkgoHelper()
	needBPF(ctx)
	can := whatKernelCan(ctx)
	if path == fault.NetemPath {
		Need(GinkgoTB(), RequireNetem, "netem", can.netem)
		Need(GinkgoTB(), RequireNetem, "IFB", can.ifb)
		return
	}
	Need(GinkgoTB(), RequireRoot, "TUN device", can.tun)
}
