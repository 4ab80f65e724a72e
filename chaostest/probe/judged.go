package probe

import "github.com/chaosgate/chaosgate/chaostest/record"

// kept is what is remembered of a window and not of its samples. The windows of a
// growing series share what is kept.
type kept struct {
	folds      folds
	judgements record.Judgements
}

// Judged keeps a matcher's verdict for the record and returns the judgement's ID.
// The last verdict of a matcher on an objective counts, and of a series that grows
// the last one on any of its windows. The judgement is made when the record is.
// What is judged of a part is recorded with the whole, too, under the same ID.
func (w *Window) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	return w.judged(w, record.About{Matcher: matcher, Objective: objective}, judgement)
}

// judged keeps a judgement on a part of the window, or on all of it.
func (w *Window) judged(part *Window, about record.About, judgement func() record.Judgement) (id string) {
	if w.parent != nil {
		about.ID = w.parent.judged(part, about, judgement)
	}
	if w.kept == nil {
		return about.ID // of a window that Validate refuses
	}
	if part != w {
		about.Part = &record.Part{From: part.start.Sub(w.start), To: part.end.Sub(w.start)}
	}
	return w.kept.judgements.Keep(about, judgement)
}

// Judged keeps a matcher's verdict for the record, as a Window does.
func (f *FleetWindow) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	if f.kept == nil {
		return "" // of a fleet window that Validate refuses
	}
	return f.kept.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

func (k *kept) record() []record.Judgement {
	if k == nil {
		return nil
	}
	return k.judgements.Records()
}

// marked ends a text with the mark of the last judgement.
func (k *kept) marked(text string) string {
	if k == nil {
		return text
	}
	return k.judgements.Mark(text)
}
