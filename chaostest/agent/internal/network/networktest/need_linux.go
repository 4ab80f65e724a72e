package networktest

import (
	"os"
	"testing"
)

// With these variables an environment promises what it has. A test that lacks it then fails
// instead of being skipped.
const (
	RequireRoot  = "CHAOSGATE_REQUIRE_ROOT"
	RequireNetem = "CHAOSGATE_REQUIRE_NETEM"
)

// Need skips the test if there is an obstacle. If the environment has promised that there is
// none, it fails the test instead.
func Need(t testing.TB, promise, what string, obstacle error) {
	t.Helper()
	if obstacle == nil {
		return
	}
	if os.Getenv(promise) != "" {
		t.Fatal(promise + " is set, but there is no " + what + ": " + obstacle.Error())
	}
	t.Skip("needs " + what + ": " + obstacle.Error())
}

// NeedRoot skips the test if network namespaces cannot be made.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Need(t, RequireRoot, "root, to make network namespaces and BPF programs", os.ErrPermission)
	}
}
