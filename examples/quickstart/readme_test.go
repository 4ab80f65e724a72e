package quickstart_test

import (
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// TestREADME checks that the first suite in the README is the one that runs here.
func TestREADME(t *testing.T) {
	g := NewWithT(t)
	readme, err := os.ReadFile("../../README.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, shown, found := strings.Cut(string(readme), "<!-- quickstart -->\n```go\n")
	g.Expect(found).To(BeTrue())
	shown, _, found = strings.Cut(shown, "```\n<!-- /quickstart -->")
	g.Expect(found).To(BeTrue())
	suite, err := os.ReadFile("quickstart_test.go")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(shown).To(Equal(string(suite)), "copy examples/quickstart/quickstart_test.go into README.md")
}
