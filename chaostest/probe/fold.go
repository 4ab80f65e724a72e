package probe

import (
	"reflect"
	"sync"
)

// mostFolds is how many folds a window remembers. More than that means that a caller
// makes a new key for every call.
const mostFolds = 100

// Fold computes a state over the window's samples: it begins with start, calls step
// with the samples in order, and returns the last state. The state is remembered under
// the key, together with the series of a window that grows. So a later window of the
// series costs only its new samples. For example, to count slow samples:
//
//	slow := probe.Fold(w, key{}, func() int { return 0 }, func(n int, new []probe.Sample) int {
//		for _, s := range new {
//			if s.Latency > time.Second {
//				n++
//			}
//		}
//		return n
//	})
//
// Step receives the samples in pieces, and the state must not depend on how they are
// cut. Later steps must not change a state that was returned before: use numbers,
// arrays, structs of these, or a slice that steps only append to. The same key must
// always come with the same start and step. A key that is nil or cannot be compared
// remembers nothing. Many goroutines may call Fold at once; step must not fold the same
// window under the same key.
func Fold[S any](w *Window, key any, start func() S, step func(S, []Sample) S) S {
	return fold(w.notes, key, w.samples, start, step)
}

// FoldSpans does for a fleet what Fold does for a window, over the rows of its Medians.
func FoldSpans[S any](f *FleetWindow, key any, start func() S, step func(S, [][]float64) S) S {
	return fold(f.notes, key, f.Medians(), start, step)
}

func fold[S, E any](k *notes, key any, all []E, start func() S, step func(S, []E) S) S {
	if k == nil || key == nil || !reflect.ValueOf(key).Comparable() {
		return step(start(), all)
	}
	f := foldOf(&k.folds, foldKey[S]{key}, start)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(all) < f.n {
		return step(start(), all)
	}
	if len(all) > f.n {
		f.state, f.n = step(f.state, all[f.n:len(all):len(all)]), len(all)
	}
	return f.state
}

// foldKey makes folds under one key into different types of state different.
type foldKey[S any] struct{ key any }

// folded is the state after the first n elements.
type folded[S any] struct {
	mu    sync.Mutex
	n     int
	state S
}

// folds are the states that a window remembers, or a series for all its windows.
type folds struct {
	mu  sync.Mutex
	all map[any]any // a *folded[S] by its foldKey[S]
}

func foldOf[S any](m *folds, key foldKey[S], start func() S) *folded[S] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.all[key].(*folded[S]); ok {
		return f
	}
	if m.all == nil || len(m.all) >= mostFolds {
		m.all = map[any]any{} // a forgotten state is computed again
	}
	f := &folded[S]{state: start()}
	m.all[key] = f
	return f
}
