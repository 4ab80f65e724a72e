package probe_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// A part that was a control makes the whole window count for something.
func TestAControlIsInTheRecord(t *testing.T) {
	g := NewWithT(t)
	start := time.Now()
	w := probe.NewWindow("GET /", start, start.Add(time.Second), []probe.Sample{{Time: start, Class: probe.OK}})
	g.Expect(w.Record().Control).To(BeFalse())
	w.Slice(start, start.Add(time.Second/2)).IsControl()
	g.Expect(w.Record().Control).To(BeTrue())
	new(probe.Window).IsControl() // a zero value is refused elsewhere
}
