package injector

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Journal keeps the undo steps of one injection. Each is written before the step
// that it undoes is done.
type Journal struct {
	write func(step string) error

	mu    sync.Mutex
	steps []step
}

type step struct {
	what string
	undo func() error
}

// NewJournal makes a journal that passes each undo step to write, which may be nil.
// When write fails, so does Before, and the step is not done.
func NewJournal(write func(step string) error) *Journal {
	return &Journal{write: write}
}

// Branch makes a journal for a part of the injection that may be undone before the rest.
// Its steps are written like those of j. The caller unwinds both.
func (j *Journal) Branch() *Journal { return NewJournal(j.write) }

// Before notes how to undo what the caller is about to do. Undo must also succeed
// when the caller never did it.
func (j *Journal) Before(what string, undo func() error) error {
	if j.write != nil {
		if err := j.write(what); err != nil {
			return fmt.Errorf("write undo step %q to the journal: %w", what, err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, step{what: what, undo: undo})
	return nil
}

// Unwind undoes all steps, the last first. It goes on after an error, and returns
// all errors. The next call tries again the steps that failed, and only those.
func (j *Journal) Unwind() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var left []step
	var errs []error
	for _, s := range slices.Backward(j.steps) {
		if err := s.undo(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.what, err))
			left = append([]step{s}, left...)
		}
	}
	j.steps = left
	return errors.Join(errs...)
}
