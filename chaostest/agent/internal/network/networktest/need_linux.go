package networktest

import (
	"os"

	"github.com/onsi/ginkgo/v2"
)

// The variables by which an environment promises what it has: a spec that cannot
// have it then fails and is not skipped.
const (
	RequireRoot  = "CHAOSGATE_REQUIRE_ROOT"
	RequireNetem = "CHAOSGATE_REQUIRE_NETEM"
)

// Need skips a spec for what is missing, unless the environment promised it.
func Need(promise, what string, missing error) {
	ginkgo.GinkgoHelper()
	if missing == nil {
		return
	}
	if os.Getenv(promise) != "" {
		ginkgo.Fail(promise + " is set, but there is no " + what + ": " + missing.Error())
	}
	ginkgo.Skip("needs " + what + ": " + missing.Error())
}

// NeedRoot skips where namespaces cannot be made.
func NeedRoot() {
	ginkgo.GinkgoHelper()
	if os.Geteuid() != 0 {
		Need(RequireRoot, "root, to make network namespaces and BPF programs", os.ErrPermission)
	}
}
