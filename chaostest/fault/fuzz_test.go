package fault_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// FuzzUnmarshal checks that bytes from the wire are either refused, or decode to a
// valid fault that survives encoding and decoding again.
func FuzzUnmarshal(f *testing.F) {
	for _, entry := range fault.Catalogue {
		encoded, err := fault.Marshal(entry.Example)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(encoded))
	}
	f.Add([]byte(`{"kind":"delay","fault":{"delay":-1}}`))
	f.Add([]byte(`{"kind":"nothing"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g := NewWithT(t)
		decoded, err := fault.Unmarshal(data)
		if err != nil {
			g.Expect(err.Error()).NotTo(BeEmpty())
			return
		}
		g.Expect(decoded.Validate()).To(Succeed())
		g.Expect(decoded.String()).NotTo(BeEmpty())
		encoded, err := fault.Marshal(decoded)
		g.Expect(err).NotTo(HaveOccurred())
		again, err := fault.Unmarshal(encoded)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(again).To(Equal(decoded))
	})
}

// FuzzFilter checks that Overlaps gives the same answer for two filters in both
// orders.
func FuzzFilter(f *testing.F) {
	f.Add([]byte(`{"direction":"egress","peers":["10.0.0.0/8"]}`), []byte(`{"direction":"both","ports":[{"first":80,"last":90}]}`))
	f.Add([]byte(`{"protocol":"icmp"}`), []byte(`{"direction":"ingress","peers":["fd00::1/128"],"protocol":"tcp"}`))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		g := NewWithT(t)
		var a, b fault.Filter
		if json.Unmarshal(one, &a) != nil || json.Unmarshal(other, &b) != nil || a.Validate() != nil || b.Validate() != nil {
			return
		}
		g.Expect(a.Overlaps(b)).To(Equal(b.Overlaps(a)), "%s and %s", a, b)
		g.Expect(a.Overlaps(a)).To(Equal(a.Direction != fault.DefaultDirection), "%s and itself", a)
	})
}
