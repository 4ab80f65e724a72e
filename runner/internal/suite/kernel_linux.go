package suite

import (
	"context"
	"os"
	"strings"
)

// kernel is the running kernel's release.
func kernel(context.Context) string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(release))
}
