package keeper

import (
	"encoding/json"
	"os"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// The keeper may stand still between reading its pipe and looking at the clock,
// and renewals may arrive meanwhile.
func TestARenewalThatComesDuringAStandstillCounts(t *testing.T) {
	g := NewWithT(t)
	var agent [2]int
	g.Expect(unix.Pipe2(agent[:], unix.O_NONBLOCK|unix.O_CLOEXEC)).To(Succeed())
	t.Cleanup(func() {
		g.Expect(unix.Close(agent[0])).To(Succeed())
		g.Expect(unix.Close(agent[1])).To(Succeed())
	})
	dir, err := os.Open(t.TempDir())
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = dir.Close() }) // the keeper closes it when it sets the file back
	self, err := cgroup.ProcessOf(os.Getpid())
	g.Expect(err).NotTo(HaveOccurred())
	const path, firstLease, afterStandstill, secondLease = "/no/such/file", 1000, 2000, 3000
	held := &file{claim: cgroup.Claim{Dir: "/no/such", File: "file"}, dir: dir, until: firstLease, target: self}
	p := &program{files: map[string]*file{path: held}, source: agent[0]}
	p.now = func() uint64 { // the standstill, and the renewal
		line, err := json.Marshal(order{File: path, Until: secondLease})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = unix.Write(agent[1], append(line, '\n'))
		g.Expect(err).NotTo(HaveOccurred())
		return afterStandstill
	}
	g.Expect(p.turn()).To(BeTrue())
	g.Expect(p.files).To(HaveKeyWithValue(path, held))
}
