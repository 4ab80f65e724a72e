package network

import (
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestNetwork(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "network")
}

// needRoot skips where namespaces cannot be made, and fails where the
// environment promised that they can.
func needRoot() {
	GinkgoHelper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CHAOSGATE_REQUIRE_ROOT") != "" {
		Fail("CHAOSGATE_REQUIRE_ROOT is set, but the tests do not run as root")
	}
	Skip("needs root to make network namespaces and BPF programs")
}

func needBPF(ctx SpecContext) {
	GinkgoHelper()
	needRoot()
	if err := Probe(ctx).BPF; err != nil {
		if os.Getenv("CHAOSGATE_REQUIRE_ROOT") != "" {
			Fail("CHAOSGATE_REQUIRE_ROOT is set, but BPF classifiers do not work: " + err.Error())
		}
		Skip("needs BPF classifiers: " + err.Error())
	}
}
