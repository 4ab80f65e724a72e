package probe

import (
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// The rows of a record are a second wide. A window that is too short for ten of them
// has narrower rows, and one that is too long for three hundred has wider rows.
const (
	fewestRows = 10
	mostRows   = 300
)

var narrowRows = []time.Duration{
	500 * time.Millisecond, 250 * time.Millisecond, 200 * time.Millisecond, 100 * time.Millisecond,
	50 * time.Millisecond, 25 * time.Millisecond, 20 * time.Millisecond, 10 * time.Millisecond,
	5 * time.Millisecond, 2500 * time.Microsecond, 2 * time.Millisecond, time.Millisecond,
}

// rowWidth is the width of the rows in a window of that span.
func rowWidth(span time.Duration) time.Duration {
	width := time.Second
	if span > mostRows*width {
		perRow := (span + mostRows - 1) / mostRows
		return (perRow + width - 1).Truncate(width)
	}
	for _, narrower := range narrowRows {
		if span >= fewestRows*width {
			break
		}
		width = narrower
	}
	return width
}

// rows are what the window saw over time, by the intended starts of its samples. A time
// without samples has no row.
func (w *Window) rows() (width time.Duration, rows []record.Row) {
	if len(w.samples) == 0 {
		return 0, nil
	}
	span := w.end.Sub(w.start)
	width = rowWidth(span)
	last := max((span+width-1)/width-1, 0)
	place := func(s *Sample) time.Duration {
		return min(max(s.Time.Sub(w.start)/width, 0), last)
	}
	for from := 0; from < len(w.samples); {
		n, t := place(&w.samples[from]), newTally()
		for from < len(w.samples) && place(&w.samples[from]) == n {
			t.add(&w.samples[from])
			from++
		}
		rows = append(rows, t.row(w.start.Add(n*width)))
	}
	return width, rows
}

// row is the tally as a row that starts at a time.
func (t *tally) row(at time.Time) record.Row {
	return record.Row{
		At: at.Round(0), Count: t.n, Errors: t.errors, Classes: byName(t.classes),
		P50: seconds(t.healthy.quantile, 0.5), P90: seconds(t.healthy.quantile, 0.9), P99: seconds(t.healthy.quantile, 0.99),
	}
}
