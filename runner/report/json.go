// Package report writes what the gate found: one writer a file, each a pure
// function of the record of the run.
package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/chaosgate/chaosgate/runner/gate"
)

// JSON writes the record of the run, as gate.Parse reads it.
func JSON(w io.Writer, r gate.Record) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write record of the run: %w", err)
	}
	return nil
}
