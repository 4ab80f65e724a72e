// Package report writes what the gate found. Each file holds one writer, which is a pure
// function of the record of the run.
package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/chaosgate/chaosgate/runner/gate"
)

// JSON writes the record of the run in the form that gate.Parse reads.
func JSON(w io.Writer, r gate.Record) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write record of the run: %w", err)
	}
	return nil
}
