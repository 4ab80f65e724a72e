package world_test

import (
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func TestMain(m *testing.M) { leakcheck.Main(m, scope.Close) }
