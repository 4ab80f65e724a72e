package driver_test

import (
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }
