package scope

import (
	"fmt"
	"os"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// replaced is what to start in the place of something, as record.ReplaceVariable says.
func (s *Scope) replaced(what driver.Starter) (driver.Starter, error) {
	text := os.Getenv(record.ReplaceVariable)
	image, ok := what.(driver.Imaged)
	if text == "" || !ok {
		return what, nil
	}
	all, err := record.ParseReplacements(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", record.ReplaceVariable, err)
	}
	for _, r := range all {
		if by, found := r.Of(image.Image()); found {
			s.emit(record.Event{Kind: record.Replaced, Text: fmt.Sprintf("%s in the place of %s", by, image.Image()), Replacement: &r})
			return image.WithImage(by), nil
		}
	}
	return what, nil
}
