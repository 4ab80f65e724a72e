//go:build linux

package injectors_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector/injectortest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injectors"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestMain(m *testing.M) {
	worker.Main(injectors.Workers())
	injectortest.Main(injectors.With)
	leakcheck.Main(m)
}

func TestEveryFaultConforms(t *testing.T) {
	for _, entry := range fault.Catalogue {
		t.Run(string(entry.Kind), func(t *testing.T) { injectortest.Conform(t, injectors.With, entry.Example) })
	}
}

func TestEveryFaultOfTheCatalogueHasOneHandler(t *testing.T) {
	var handled, known []fault.Kind
	for _, h := range injectors.All() {
		handled = append(handled, h.Kind())
	}
	for _, entry := range fault.Catalogue {
		known = append(known, entry.Kind)
	}
	NewWithT(t).Expect(handled).To(ConsistOf(known))
}
