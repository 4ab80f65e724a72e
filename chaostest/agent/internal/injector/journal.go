package injector

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Journal keeps the undo steps of one injection, written down before the steps
// they undo are done.
type Journal struct {
	write func(step string) error

	mu    sync.Mutex
	steps []step
}

type step struct {
	what string
	undo func() error
}

// NewJournal makes a journal that hands each step to write before it is done;
// write may be nil. A step that cannot be written down is not done.
func NewJournal(write func(step string) error) *Journal {
	return &Journal{write: write}
}

// Before writes down how to undo what the caller is about to do. It is called
// before the deed: undo must succeed, too, when the deed was never done.
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

// Unwind undoes all steps, the last first. It goes on after an error and
// returns them all; what was undone is not undone again, what failed is tried
// again by the next call.
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
