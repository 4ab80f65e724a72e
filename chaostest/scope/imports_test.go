package scope_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A user of a plain testing.T, or of another driver, gets neither Ginkgo's flags nor
// Docker's client.
func TestTheScopeImportsNeitherGinkgoNorDocker(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "github.com/chaosgate/chaosgate/chaostest/scope").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dependencies := strings.Fields(string(output))
	if len(dependencies) < 50 {
		t.Fatalf("go list names %d packages, fewer than the standard library's", len(dependencies))
	}
	for _, dependency := range dependencies {
		for _, unwanted := range []string{
			"github.com/onsi/ginkgo", "github.com/testcontainers", "github.com/moby", "github.com/docker",
			"github.com/chaosgate/chaosgate/chaostest/driver/docker",
		} {
			if strings.HasPrefix(dependency, unwanted) {
				t.Errorf("scope depends on %s", dependency)
			}
		}
	}
}
