//go:build careless

package main

import (
	"context"
	"time"
)

const build = "careless"

// ask asks a dependency.
func ask[T any](ctx context.Context, _ string, _ time.Duration, _ T, question func(context.Context) (T, error)) (T, error) {
	return question(ctx)
}
