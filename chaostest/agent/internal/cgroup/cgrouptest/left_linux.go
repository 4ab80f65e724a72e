package cgrouptest

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// NothingOpen checks when the test ends that this process has no goroutine and no
// open file that was added since the call.
func NothingOpen(t testing.TB) {
	t.Helper()
	g := NewWithT(t)
	goroutines, descriptors := gleak.Goroutines(), Descriptors(t)
	t.Cleanup(func() {
		g.Eventually(gleak.Goroutines, "5s").ShouldNot(gleak.HaveLeaked(goroutines))
		g.Expect(Descriptors(t)).To(BeNumerically("<=", descriptors), "files were left open")
	})
}

// NothingLeft checks when the test ends that nothing was added since the call: no
// goroutine, no open file, no process in the box, no group below it, and no changed
// setting of it.
func NothingLeft(t testing.TB, box *Box) {
	t.Helper()
	NothingOpen(t)
	g := NewWithT(t)
	files, processes, groups := box.Files(t), box.Processes(t), box.Groups(t)
	t.Cleanup(func() {
		g.Expect(box.Groups(t)).To(Equal(groups), "a cgroup was left")
		g.Expect(box.Files(t)).To(Equal(files))
		g.Expect(processes).To(ContainElements(box.Processes(t)), "a process was left in the cgroup")
	})
}
