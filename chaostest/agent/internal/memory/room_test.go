//go:build linux

package memory_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/memory"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/room"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

const mib = 1 << 20

func TestMain(m *testing.M) {
	cgrouptest.Main()
	worker.Main(map[string]worker.Program{memory.Program: memory.Fill})
	os.Exit(m.Run())
}

// fill applies a fill, and checks after the test that nothing of it is left.
func fill(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) (room.Live, *room.Journal, error) {
	t.Helper()
	g := NewWithT(t)
	goroutines, descriptors := gleak.Goroutines(), cgrouptest.Descriptors(t)
	files, processes := box.Files(t), box.Processes(t)
	journal := room.NewJournal(nil)
	t.Cleanup(func() {
		g.Expect(journal.Unwind()).To(Succeed())
		g.Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(goroutines))
		g.Expect(cgrouptest.Descriptors(t)).To(Equal(descriptors))
		g.Expect(box.Files(t)).To(Equal(files))
		g.Expect(processes).To(ContainElements(box.Processes(t)), "a process was left in the cgroup")
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	live, err := memory.New().Apply(ctx, room.Request{
		Target: room.Target{ID: box.Name, Name: "shop", PID: target.PID},
		Fault:  fault.MemoryFill(share), Until: room.In(lease),
	}, journal)
	return live, journal, err
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		limit int
		share fault.Share
	}{{64 * mib, 0.30}, {64 * mib, 0.80}, {256 * mib, 0.80}, {512 * mib, 0.95}} {
		t.Run(fmt.Sprintf("%s of %d MiB", c.share, c.limit/mib), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: c.limit})
			target := box.Start(t, "sleep", "600")
			live, journal, err := fill(t, box, target, c.share, time.Minute)
			g.Expect(err).NotTo(HaveOccurred())
			got := float64(box.WorkingSet(t)) / float64(c.limit)
			t.Logf("asked %s, got %.2f %%, anonymous %d: %+v, %+v", c.share, 100*got, box.Anonymous(t), live.Attestation(), live.Evidence())
			g.Expect(got).To(BeNumerically("~", float64(c.share), 0.01))
			g.Expect(live.Evidence().Effective).To(BeTrue())
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
		})
	}
}
