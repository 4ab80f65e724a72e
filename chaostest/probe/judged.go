package probe

import (
	"sync/atomic"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// notes are what is remembered about a window beside its samples. The windows of a
// growing series share them.
type notes struct {
	folds      folds
	judgements record.Judgements
	control    atomic.Bool
}

// IsControl notes that a matcher has compared another window with this one. It then counts
// for something without a judgement of its own.
func (w *Window) IsControl() {
	if w.parent != nil {
		w.parent.IsControl()
	}
	if w.notes != nil {
		w.notes.control.Store(true)
	}
}

// Judged records a matcher's judgement on the window and returns the judgement's ID. A
// later judgement of the same matcher on the same objective replaces an earlier one,
// even one on an earlier window of a series that grows. The function is called when the
// record is made. A judgement on a part is recorded with the whole window, too, under
// the same ID.
func (w *Window) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	return w.judged(w, record.About{Matcher: matcher, Objective: objective}, judgement)
}

// judged records a judgement on a part of the window, or on all of it.
func (w *Window) judged(part *Window, about record.About, judgement func() record.Judgement) (id string) {
	if w.parent != nil {
		about.ID = w.parent.judged(part, about, judgement)
	}
	if w.notes == nil {
		return about.ID // Validate refuses such a window
	}
	if part != w {
		about.Part = &record.Part{From: part.start.Sub(w.start), To: part.end.Sub(w.start)}
	}
	return w.notes.judgements.Keep(about, judgement)
}

// Judged records a matcher's judgement, as for a Window.
func (f *FleetWindow) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	if f.notes == nil {
		return "" // Validate refuses such a fleet window
	}
	return f.notes.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

func (n *notes) record() []record.Judgement {
	if n == nil {
		return nil
	}
	return n.judgements.Records()
}

// marked appends the mark of the last judgement to a text.
func (n *notes) marked(text string) string {
	if n == nil {
		return text
	}
	return n.judgements.Mark(text)
}
