package userspace_test

import (
	"runtime"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

// The first thread keeps the program's name, so no path may run on it: tests find the thread
// of a path by its name.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) { leakcheck.Main(m) }
