//go:build linux

package cpu_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cpu"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/room"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestMain(m *testing.M) {
	cgrouptest.Main()
	worker.Main(map[string]worker.Program{cpu.Program: cpu.Burn})
	os.Exit(m.Run())
}

// burn applies a burn, and checks after the test that nothing of it is left.
func burn(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) (room.Live, *room.Journal) {
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
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	live, err := cpu.New().Apply(ctx, room.Request{
		Target: room.Target{ID: box.Name, Name: "shop", PID: target.PID},
		Fault:  fault.CPUBurn(share), Until: room.In(lease),
	}, journal)
	g.Expect(err).NotTo(HaveOccurred())
	return live, journal
}

// over is the share of so many processors that the box uses in a span.
func over(t *testing.T, box *cgrouptest.Box, cores float64, span time.Duration) float64 {
	t.Helper()
	start, used := time.Now(), box.CPUTime(t)
	time.Sleep(span)
	return (box.CPUTime(t) - used).Seconds() / time.Since(start).Seconds() / cores
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		quota, load float64
		share       fault.Share
	}{
		{1, 0, 0.10}, {1, 0, 0.35}, {1, 0, 0.50}, {1, 0, 0.80}, {1, 0.30, 0.50}, {0.5, 0, 0.50}, {0.5, 0.15, 0.60}, {1.5, 0, 0.50},
	} {
		t.Run(fmt.Sprintf("%s of %g CPU, own load %g", c.share, c.quota, c.load), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: c.quota})
			target := box.Load(t, c.load)
			live, journal := burn(t, box, target, c.share, time.Minute)
			throttled := box.Throttled(t)
			got := over(t, box, c.quota, 5*time.Second)
			t.Logf("asked %s, got %.2f %%, throttled %d, %+v", c.share, got*100, box.Throttled(t)-throttled, live.Evidence())
			g.Expect(got).To(BeNumerically("~", float64(c.share), 0.05))
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
		})
	}
}
