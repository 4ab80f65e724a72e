package matchers

import (
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// lookAgain is how soon a polled matcher that has no verdict yet is asked again.
const lookAgain = 20 * time.Millisecond

// undecidedError is a verdict that there is none. While more samples may come it
// is Gomega's TryAgainAfter, by which Eventually and Consistently go on and, at
// their end, fail; when none will come it is StopTrying. Expect fails with it in
// either polarity. Its words are made when somebody reads them, because most looks
// of a poll are not read.
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

// answer makes Gomega's answer of a judgement, by its ID and its outcome: whether it
// is known that no more samples will come, and the words for an error.
func answer(id string, outcome record.Outcome, final bool, text func() string) (bool, error) {
	if outcome == record.Undecided {
		return false, undecided(final, func() string { return record.Mark(text(), id, outcome) })
	}
	return outcome == record.Kept, nil
}
