package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// bench is a scope.T outside a test.
type bench struct {
	failed   bool
	cleanups []func()
}

type stopped struct{}

// run runs the body and then the cleanups, the last first, and returns the
// exit code.
func (b *bench) run(body func()) int {
	guarded := func(f func()) {
		defer func() {
			if r := recover(); r != nil && r != any(stopped{}) {
				panic(r)
			}
		}()
		f()
	}
	guarded(body)
	for len(b.cleanups) > 0 {
		last := b.cleanups[len(b.cleanups)-1]
		b.cleanups = b.cleanups[:len(b.cleanups)-1]
		guarded(last)
	}
	if b.failed {
		return 1
	}
	return 0
}

func (b *bench) Helper()             {}
func (b *bench) Name() string        { return "bench" }
func (b *bench) Logf(string, ...any) {}
func (b *bench) Failed() bool        { return b.failed }
func (b *bench) Cleanup(f func())    { b.cleanups = append(b.cleanups, f) }

func (b *bench) Errorf(format string, args ...any) {
	b.failed = true
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (b *bench) Fatalf(format string, args ...any) {
	b.Errorf(format, args...)
	panic(stopped{})
}

// Skipf ends the bench, because no part of it may be left out.
func (b *bench) Skipf(format string, args ...any) { b.Fatalf(format, args...) }

// must ends the bench when there is an error.
func (b *bench) must(err error) {
	if err != nil {
		b.Fatalf("%v", err)
	}
}

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
