package probe

import (
	"reflect"
	"sync"
)

// mostFolds bounds how many folds a window remembers. More would be a key that
// is new at every look.
const mostFolds = 100

// Fold goes through the window's samples in order, from the state that start
// makes, by step, and returns the last state. The state is remembered under key
// and S, with the series of a window that grows: a later window of the series
// costs its new samples only, and a second look at the same one nothing. So step
// takes one stretch of samples after the other, and must come to the same state
// however they are cut. A window that is shorter than what was folded already is
// folded from its start, and the longer state stays. Parts of windows remember for
// themselves.
//
// The remembered state is handed out and stepped on afterwards, so S must be a
// value that later steps do not change under a reader: numbers, arrays, structs
// of them, or a slice that steps only append to. The same key must always come
// with the same start and step. A key that is nil or cannot be compared remembers
// nothing. Fold may be called by many goroutines at once; step must not fold
// the same window under the same key.
func Fold[S any](w *Window, key any, start func() S, step func(S, []Sample) S) S {
	return fold(w.kept, key, w.samples, start, step)
}

// FoldSpans does for a fleet what Fold does for a window: it goes through the rows
// of its Medians.
func FoldSpans[S any](f *FleetWindow, key any, start func() S, step func(S, [][]float64) S) S {
	return fold(f.kept, key, f.Medians(), start, step)
}

func fold[S, E any](k *kept, key any, all []E, start func() S, step func(S, []E) S) S {
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

// foldKey keeps apart the folds of one key into different kinds of state.
type foldKey[S any] struct{ key any }

// folded is the state after the first n.
type folded[S any] struct {
	mu    sync.Mutex
	n     int
	state S
}

// folds is what a window, or a series for all its windows, remembers.
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
		m.all = map[any]any{} // what is forgotten is folded again
	}
	f := &folded[S]{state: start()}
	m.all[key] = f
	return f
}
