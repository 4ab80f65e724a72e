package agent_test

import (
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent"
)

func TestTheAgentIsStaticForBothArchitectures(t *testing.T) {
	for architecture, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		g := NewWithT(t)
		t.Setenv("GOFLAGS", "-race")
		path, digest, err := agent.Build(t.Context(), architecture)
		g.Expect(err).NotTo(HaveOccurred())
		content, err := os.ReadFile(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(digest).To(Equal(fmt.Sprintf("%x", sha256.Sum256(content))))
		binary, err := elf.Open(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(binary.Machine).To(Equal(machine))
		g.Expect(binary.ImportedLibraries()).To(BeEmpty())
		g.Expect(binary.Section(".interp")).To(BeNil(), "a static binary needs no loader")
		g.Expect(binary.Close()).To(Succeed())
	}
}

func TestWithoutAToolchainTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := agent.Build(t.Context(), "amd64")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("install Go, or name a ready image in CHAOSGATE_AGENT_IMAGE")))
}

func TestAnArchitectureThatIsNotBuiltIsRefused(t *testing.T) {
	_, _, err := agent.Build(t.Context(), "s390x")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("only amd64 and arm64 are built")))
}

// The agent's program is built from the agent's side alone. It contains nothing of the
// host's client or builder, of the drivers, or of the probes. Only the look itself, which
// both sides can take, is in both.
func TestTheProgramContainsNothingOfTheHostsSide(t *testing.T) {
	g := NewWithT(t)
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/chaosgate-agent")
	command.Env = append(os.Environ(), "GOOS=linux")
	output, err := command.Output()
	g.Expect(err).NotTo(HaveOccurred())
	packages := strings.Fields(string(output))
	g.Expect(packages).To(ContainElement("github.com/chaosgate/chaosgate/chaostest/agent/wire"))
	for _, p := range packages {
		within, ours := strings.CutPrefix(p, "github.com/chaosgate/chaosgate/chaostest")
		g.Expect(ours).To(Equal(strings.HasPrefix(p, "github.com/chaosgate/")), "%s is above chaostest", p)
		g.Expect(!ours || within != "" && within != "/agent").To(BeTrue(), "%s belongs to the host's side", p)
		if within == "/probe/look" {
			continue
		}
		for _, side := range []string{"/driver", "/probe", "/scope", "/e2e"} {
			g.Expect(within).NotTo(HavePrefix(side))
		}
		g.Expect(p).NotTo(Or(ContainSubstring("rogpeppe/go-internal"), ContainSubstring("testcontainers"), ContainSubstring("onsi/")))
	}
}
