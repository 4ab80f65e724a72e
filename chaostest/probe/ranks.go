package probe

import (
	"slices"
	"sort"
	"time"
)

// ranks is a sorted list of latencies that grows. It is stored in pieces: a new
// latency moves only the others in its piece, and a rank is found by the lengths of the
// pieces before it.
type ranks struct {
	n      int
	pieces [][]time.Duration // none is empty
}

// mostInPiece divides a million latencies into one or two thousand pieces.
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

// quantile is the quantile q, as in Window.Quantile.
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
