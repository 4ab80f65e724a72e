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

// needBPF skips a spec if no namespace can be made or no classifier can be loaded.
func needBPF(ctx SpecContext) {
	GinkgoHelper()
	NeedRoot(GinkgoTB())
	Need(GinkgoTB(), RequireRoot, "BPF classifiers", kernelCapabilities(ctx).bpf)
}

// needPath skips a spec if this kernel does not have the path.
func needPath(ctx SpecContext, path fault.Path) {
	GinkgoHelper()
	needBPF(ctx)
	can := kernelCapabilities(ctx)
	if path == fault.NetemPath {
		Need(GinkgoTB(), RequireNetem, "netem", can.netem)
		Need(GinkgoTB(), RequireNetem, "IFB", can.ifb)
		return
	}
	Need(GinkgoTB(), RequireRoot, "TUN device", can.tun)
}
