package classifier

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestClassifier(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "network classifier")
}

// needBPF skips a spec if no program can be loaded.
func needBPF() {
	GinkgoHelper()
	networktest.NeedRoot(GinkgoTB())
	l, err := NewLease(0)
	networktest.Need(GinkgoTB(), networktest.RequireRoot, "BPF maps", err)
	DeferCleanup(l.Close)
	p, err := Load(Rule{Direction: fault.Egress, Outcome: Lose(fault.Egress)}, l)
	networktest.Need(GinkgoTB(), networktest.RequireRoot, "BPF programs", err)
	DeferCleanup(p.Close)
}
