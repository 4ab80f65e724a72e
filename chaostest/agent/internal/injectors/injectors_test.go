//go:build linux

package injectors_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injectors"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

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
