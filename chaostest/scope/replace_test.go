package scope_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// image is something that can be started from another image.
type image struct {
	ref     string
	started *[]string
}

func (i image) String() string { return i.ref }

func (i image) Image() string { return i.ref }

func (i image) WithImage(ref string) driver.Starter { return image{ref, i.started} }

func (i image) Start(context.Context, driver.Driver) (driver.Started, error) {
	*i.started = append(*i.started, i.ref)
	return container{drivertest.NewTarget("shop", running("net", "10.0.0.2"))}, nil
}

type container struct{ *drivertest.FakeTarget }

func (container) Remove(context.Context) error { return nil }

func TestRunStartsTheImageThatReplacesAnother(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events")
	g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
	t.Setenv(record.EventsVariable, path)
	t.Setenv(record.ReplaceVariable, "acme/cart=2,acme/shop=1.4")
	s, _, sc := newScope(t)
	var started []string
	s.run(func() {
		sc.Run(t.Context(), image{"acme/shop:dev", &started})
		sc.Run(t.Context(), image{"acme/other:dev", &started})
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(started).To(Equal([]string{"acme/shop:1.4", "acme/other:dev"}))
	lines, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	var replaced []record.Event
	for line := range strings.Lines(string(lines)) {
		event, err := record.Decode[record.Event](nil, line)
		g.Expect(err).NotTo(HaveOccurred())
		if event.Kind == record.Replaced {
			replaced = append(replaced, event)
		}
	}
	g.Expect(replaced).To(HaveLen(1))
	g.Expect(*replaced[0].Replacement).To(Equal(record.Replacement{Image: "acme/shop", By: "1.4"}))
	g.Expect(replaced[0].Text).To(Equal("acme/shop:1.4 in the place of acme/shop:dev"))
}

func TestRunRefusesAReplacementThatItCannotRead(t *testing.T) {
	g := NewWithT(t)
	t.Setenv(record.ReplaceVariable, "acme/shop")
	s, _, sc := newScope(t)
	var started []string
	s.run(func() { sc.Run(t.Context(), image{"acme/shop:dev", &started}) })
	g.Expect(s.failures).To(ConsistOf(ContainSubstring(`read CHAOSGATE_REPLACE: "acme/shop" does not say which image to replace by which`)))
	g.Expect(started).To(BeEmpty())
}
