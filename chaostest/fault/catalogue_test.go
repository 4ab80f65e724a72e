package fault_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestEveryFaultOfTheCatalogue(t *testing.T) {
	seen := map[fault.Kind]bool{}
	for _, entry := range fault.Catalogue {
		t.Run(string(entry.Kind), func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(seen[entry.Kind]).To(BeFalse(), "the kind is listed twice")
			seen[entry.Kind] = true
			g.Expect(string(entry.Kind)).To(MatchRegexp(`^[a-z]+(-[a-z]+)*$`))
			g.Expect(entry.Example.Kind()).To(Equal(entry.Kind))
			g.Expect(entry.Example.Validate()).To(Succeed())
			g.Expect(entry.Example.String()).NotTo(BeEmpty())
			g.Expect(entry.Call).To(HavePrefix("fault."))
			g.Expect(entry.Help).NotTo(Or(BeEmpty(), ContainSubstring("\n")))
			g.Expect(entry.Kernel + entry.Container).NotTo(BeEmpty())

			wire, err := fault.Marshal(entry.Example)
			g.Expect(err).NotTo(HaveOccurred())
			back, err := fault.Unmarshal(wire)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(back).To(Equal(entry.Example), "a fault survives the wire")
		})
	}
}

func TestTheReadmeListsTheCatalogue(t *testing.T) {
	g := NewWithT(t)
	readme, err := os.ReadFile("../../README.md")
	g.Expect(err).NotTo(HaveOccurred())
	table := "| fault | what it does | needs |\n|---|---|---|\n"
	for _, entry := range fault.Catalogue {
		needs := strings.Trim(entry.Kernel+", "+entry.Container, ", ")
		table += fmt.Sprintf("| `%s` | %s | %s |\n", entry.Call, entry.Help, needs)
	}
	g.Expect(string(readme)).To(ContainSubstring("\n## Faults\n\n" + table + "\n"))
}
