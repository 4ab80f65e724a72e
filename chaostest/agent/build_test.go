package agent_test

import (
	"debug/elf"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent"
)

func TestTheAgentIsStaticForBothArchitectures(t *testing.T) {
	for architecture, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		g := NewWithT(t)
		t.Setenv("GOFLAGS", "-race")
		path, err := agent.Build(t.Context(), architecture)
		g.Expect(err).NotTo(HaveOccurred())
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
	_, err := agent.Build(t.Context(), "amd64")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("install Go, or name a ready image in CHAOSGATE_AGENT_IMAGE")))
}

func TestAnArchitectureThatIsNotBuiltIsRefused(t *testing.T) {
	_, err := agent.Build(t.Context(), "s390x")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("only amd64 and arm64 are built")))
}
