package probe

import (
	"slices"
	"sort"
	"time"
)

// ranks are latencies in order, to which more come one by one. They are kept in
// pieces: one more moves those of a piece at most, and a rank is found by the
// lengths of the pieces before it.
type ranks struct {
	n      int
	pieces [][]time.Duration // none is empty
}

// mostInPiece makes a million latencies a thousand or two pieces.
const mostInPiece = 1024

func (r *ranks) add(d time.Duration) {
	r.n++
	if len(r.pieces) == 0 {
		r.pieces = [][]time.Duration{{d}}
		return
	}
	i := sort.Search(len(r.pieces)-1, func(i int) bool { return d <= r.pieces[i][len(r.pieces[i])-1] })
	at, _ := slices.BinarySearch(r.pieces[i], d)
	piece := slices.Insert(r.pieces[i], at, d)
	r.pieces[i] = piece
	if half := len(piece) / 2; len(piece) > mostInPiece {
		r.pieces[i] = piece[:half]
		r.pieces = slices.Insert(r.pieces, i+1, slices.Clone(piece[half:]))
	}
}

// quantile is the q-th of all, as Window.Quantile has it.
func (r *ranks) quantile(q float64) (time.Duration, bool) {
	place, ok := rank(r.n, q)
	if !ok {
		return 0, false
	}
	for _, piece := range r.pieces {
		if place < len(piece) {
			return piece[place], true
		}
		place -= len(piece)
	}
	return 0, false
}
