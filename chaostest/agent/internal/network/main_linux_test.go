package network

import (
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

func TestMain(m *testing.M) {
	cgrouptest.Main()
	leakcheck.Main(m)
}
