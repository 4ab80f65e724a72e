//go:build !careless

package main

import (
	"context"
	"log/slog"
	"time"
)

const build = "careful"

// ask asks a dependency. It waits no longer than the limit, and returns the fallback if
// the answer is late or an error.
func ask[T any](ctx context.Context, name string, limit time.Duration, fallback T, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := question(ctx)
	if err != nil {
		slog.Warn("fallback", "dependency", name, "error", err)
		return fallback, nil
	}
	return answer, nil
}
