package networktest

import (
	"os"
	"testing"
)

// The variables by which an environment promises what it has: a test that cannot
// have it then fails and is not skipped.
const (
	RequireRoot  = "CHAOSGATE_REQUIRE_ROOT"
	RequireNetem = "CHAOSGATE_REQUIRE_NETEM"
)

// Need skips a test for what is missing, unless the environment promised it.
func Need(t testing.TB, promise, what string, missing error) {
	t.Helper()
	if missing == nil {
		return
	}
	if os.Getenv(promise) != "" {
		t.Fatal(promise + " is set, but there is no " + what + ": " + missing.Error())
	}
	t.Skip("needs " + what + ": " + missing.Error())
}

// NeedRoot skips where namespaces cannot be made.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Need(t, RequireRoot, "root, to make network namespaces and BPF programs", os.ErrPermission)
	}
}
