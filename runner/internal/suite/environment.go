package suite

import (
	"context"
	"runtime"

	"github.com/chaosgate/chaosgate/runner/gate"
)

// Here is the fingerprint of this machine, with the Go release that would build
// the suites, or this command's own where there is none.
func Here(ctx context.Context) gate.Environment {
	release, err := GoVersion(ctx)
	if err != nil {
		release = runtime.Version()
	}
	return gate.Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Kernel: kernel(ctx), Go: release,
	}
}
