// Command replica is one of several services that should be alike. Its environment can
// make it different: slow, failing, with old code, or with a wrong clock. Every answer
// has its version (X-Version) and its time (X-Time, RFC 3339 with nanoseconds).
//
// Environment: ADDRESS to listen on (:8080), VERSION (2), SLOWER_BY, how much longer
// each request takes (0s), FAIL_SHARE, the share of requests that fail at once with a
// 500, from 0 to 1 (0), CLOCK_SKEW, how far its time is ahead, or behind if negative
// (0s).
package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/chaosgate/chaosgate/testdata/services/internal/serve"
)

func main() { serve.Main(run) }

func run(ctx context.Context) error {
	slowerBy, err1 := serve.Duration("SLOWER_BY", 0)
	skew, err2 := parseSkew(serve.Text("CLOCK_SKEW", "0s"))
	failing, err3 := parseShare(serve.Text("FAIL_SHARE", "0"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	r := &replica{version: serve.Text("VERSION", "2"), slowerBy: slowerBy, failing: failing, skew: skew}
	mux := http.NewServeMux()
	mux.HandleFunc("/work", r.work)
	mux.HandleFunc("GET /healthz", serve.Alive)
	return serve.HTTP(ctx, serve.Text("ADDRESS", ":8080"), r.signed(mux))
}
