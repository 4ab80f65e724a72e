// Package newuser_test does what a newcomer does: it makes a module outside this
// repository and follows the README exactly.
package newuser_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
)

func TestNewUser(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "New user")
}

// mostLines is the largest number of lines in a newcomer's go.sum, with the command as a
// tool. Every user downloads what these lines name, so raise it only if you must.
const mostLines = 202

var _ = Describe("the README's first suite", func() {
	It("runs in another module, and so does the command", func(ctx SpecContext) {
		image, err := images.Nginx(ctx)
		Expect(err).NotTo(HaveOccurred())
		readme, err := os.ReadFile("../../../README.md")
		Expect(err).NotTo(HaveOccurred())
		suite := block(string(readme), "<!-- quickstart -->\n```go\n")
		steps := block(string(readme), "<!-- first suite -->\n```sh\n")
		gate := block(string(readme), "<!-- first gate -->\n```sh\n")

		dir := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(dir, "quickstart_test.go"), []byte(suite), 0o600)).To(Succeed())
		user := shell{dir: dir, environment: []string{
			"QUICKSTART_IMAGE=" + image,
			"GOPROXY=" + publish() + "," + upstream(),
			"GONOSUMDB=" + modulePath,
			"GOFLAGS=", "GOWORK=off",
		}}
		user.follow(ctx, steps)
		Expect(user.follow(ctx, gate)).To(ContainSubstring("chaosgate: verdict pass: 1 spec passed with 1 injection"))

		sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Count(sum, []byte("\n"))).To(BeNumerically("<=", mostLines), "lines of a newcomer's go.sum")
	}, SpecTimeout(10*time.Minute))
})

// block is the code block of the README that begins with a marker.
func block(readme, marker string) string {
	GinkgoHelper()
	_, rest, found := strings.Cut(readme, marker)
	Expect(found).To(BeTrue(), "the README has no block marked %q", marker)
	code, _, found := strings.Cut(rest, "```\n")
	Expect(found).To(BeTrue())
	return code
}

// upstream is the proxy of all other modules.
func upstream() string {
	GinkgoHelper()
	out, err := exec.Command("go", "env", "GOPROXY").Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(out))
}

// shell runs commands as a person would type them.
type shell struct {
	dir         string
	environment []string
}

func (s shell) follow(ctx context.Context, commands string) string {
	GinkgoHelper()
	c := exec.CommandContext(ctx, "sh", "-e", "-x", "-c", commands)
	c.Dir, c.Env = s.dir, append(os.Environ(), s.environment...)
	out, err := c.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s", out)
	return string(out)
}
