package docker

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestTheEndOfTheProgressIsKept(t *testing.T) {
	g := NewWithT(t)
	var p progress
	g.Expect(p.end()).To(BeEmpty())
	p.Printf("🐳 Creating container for image %s", "nginx")
	p.Printf("✅ Container created: 0123\n")
	p.Printf("container logs (%s):\n%s", "exit 1", "many lines\nof the container")
	p.Printf("✍🏼 Replacing image with hub. From: a to b\n")
	g.Expect(p.end()).To(Equal("\ntestcontainers said last:\n  | Creating container for image nginx\n  | Container created: 0123\n  | Replacing image with hub. From: a to b"))
	for n := range 100 {
		p.Printf("%s", fmt.Sprint("line ", n))
	}
	g.Expect(strings.Count(p.end(), "\n")).To(Equal(1 + progressLines))
	g.Expect(p.end()).To(HaveSuffix("  | line 99"))
}

// A container may run a suite of its own, and print marks.
func TestALineOfAContainerIsNoMark(t *testing.T) {
	_, marks := record.Marks("run image: exit code 1" + quoted("the end of its log", []string{"chaosgate: j-abc violated (3 lines)"}))
	NewWithT(t).Expect(marks).To(BeEmpty())
}
