package probe

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// FuzzParseClock holds that any text is refused, or is a time with a resolution from
// a nanosecond to a second.
func FuzzParseClock(f *testing.F) {
	for _, text := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+01:00", "Fri, 02 Jan 2026 03:04:05 GMT",
		"1700000000", "1700000000.25", "1700000000123", "1700000000123456789", "", ".", "170000000o", "-1700000000",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g := NewWithT(t)
		says, resolution, err := parseClock(text)
		if err != nil {
			g.Expect(says).To(BeZero())
			return
		}
		g.Expect(resolution).To(And(BeNumerically(">=", time.Nanosecond), BeNumerically("<=", time.Second)))
		g.Expect(says.Nanosecond()%int(resolution)).To(BeZero(), "%s is finer than %s", says, resolution)
	})
}

// FuzzBodyField holds that a field of any body is an error, or a text.
func FuzzBodyField(f *testing.F) {
	f.Add([]byte(`{"build":{"version":"1.2"}}`), "build.version")
	f.Add([]byte(`[1,{"a":true}]`), "1.a")
	f.Add([]byte(`{"a":null}`), "a")
	f.Add([]byte(`{"a":" "}`), "a")
	f.Add([]byte(`[]`), "-1")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		g := NewWithT(t)
		field := BodyField(path)
		if field.err != nil {
			return
		}
		text, err := field.of(&look.Answer{Body: body, Status: 200, Complete: true})
		g.Expect(err == nil).To(Equal(text != ""), "%q, %v", text, err)
	})
}
