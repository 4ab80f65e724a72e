package matchers

import (
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// lookAgain is how soon a polled matcher that has no verdict yet is asked again.
const lookAgain = 20 * time.Millisecond

// undecidedError is the error of a matcher that cannot decide. While more samples may
// come it wraps Gomega's TryAgainAfter, so Eventually and Consistently go on. When no
// more will come it wraps StopTrying. Its text is made only when it is read, because most
// looks of a poll are not.
type undecidedError struct {
	text   func() string
	signal error
}

func undecided(final bool, text func() string) error {
	if final {
		return &undecidedError{text, gomega.StopTrying("no more samples will come")}
	}
	return &undecidedError{text, gomega.TryAgainAfter(lookAgain)}
}

func (e *undecidedError) Error() string { return e.text() }

func (e *undecidedError) Unwrap() error { return e.signal }

// answer turns a judgement into Gomega's answer. Final says that no more samples will come,
// and text makes the words of one that is undecided, or a failure of the tool.
func answer(id string, outcome record.Outcome, final bool, text func() string) (bool, error) {
	if outcome == record.Undecided || outcome == record.ToolFailed {
		return false, undecided(final, func() string { return record.Mark(text(), id, outcome) })
	}
	return outcome == record.Kept, nil
}
