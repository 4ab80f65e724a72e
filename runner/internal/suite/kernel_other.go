//go:build !linux

package suite

import (
	"context"
	"os/exec"
	"strings"
)

// kernel is the running kernel's release, as far as a command tells it.
func kernel(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "uname", "-r").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
