package probe

import (
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// kept is what is remembered of a window and not of its samples. The windows of a
// growing series share what is kept.
type kept struct {
	folds      folds
	judgements judgements
}

// judgements are the matchers' verdicts, in the order of their first looks.
type judgements struct {
	mu  sync.Mutex
	all []verdict
}

type verdict struct {
	matcher, objective string
	judgement          func() record.Judgement
}

func (k *kept) keep(v verdict) {
	if k == nil {
		return // of a window that nobody made, and that Validate refuses
	}
	j := &k.judgements
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.all {
		if j.all[i].matcher == v.matcher && j.all[i].objective == v.objective {
			j.all[i] = v
			return
		}
	}
	j.all = append(j.all, v)
}

func (k *kept) record() []record.Judgement {
	if k == nil {
		return nil
	}
	j := &k.judgements
	j.mu.Lock()
	all := append([]verdict(nil), j.all...)
	j.mu.Unlock()
	var records []record.Judgement
	for _, v := range all {
		r := v.judgement()
		r.Matcher, r.Objective = v.matcher, v.objective
		records = append(records, r)
	}
	return records
}

// Judged keeps a matcher's verdict for the record; the last one of a matcher on
// an objective counts, and of a series that grows the last one on any of its
// windows. The judgement is made when the record is: a matcher that is polled a
// thousand times writes its sentence once.
func (w *Window) Judged(matcher, objective string, judgement func() record.Judgement) {
	w.kept.keep(verdict{matcher, objective, judgement})
	if w.parent == nil {
		return
	}
	// Named by its start alone, so that a part that grows while it is polled
	// leaves one judgement.
	from, to := w.start.Sub(w.parent.start), w.end.Sub(w.parent.start)
	w.parent.Judged(matcher, fmt.Sprintf("%s from %s on", objective, from), func() record.Judgement {
		j := judgement()
		j.Text += fmt.Sprintf(" (from %s to %s)", Round(from), Round(to))
		return j
	})
}
