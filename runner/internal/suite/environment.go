package suite

import (
	"context"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// Here is the fingerprint of this machine, with the Go release that would build
// the suites, or this command's own where there is none.
func Here(ctx context.Context) baseline.Environment {
	here := baseline.Here()
	if release, err := GoVersion(ctx); err == nil {
		here.Go = release
	}
	return here
}
