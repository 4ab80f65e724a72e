package baseline

import (
	"errors"
	"fmt"
	"os"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Read reads the baseline from a file that `chaosgate baseline accept` wrote. A spec reads it
// in its setup:
//
//	var accepted baseline.Baseline
//
//	BeforeEach(func() {
//		var err error
//		accepted, err = baseline.Read("../chaosgate-baseline.json")
//		Expect(err).NotTo(HaveOccurred())
//	})
//
// If there is no such file, it returns a baseline without a run, and comparisons with it are
// undecided. Under `chaosgate run --collect` the baseline is Collecting.
func Read(path string) (Baseline, error) {
	b := Baseline{Schema: Schema}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return b, fmt.Errorf("read baseline: %w", err)
	default:
		b, err = Parse(data)
		if _, other := errors.AsType[*SchemaError](err); other {
			return b, fmt.Errorf("%s: %w", path, err)
		}
		if err != nil {
			return b, fmt.Errorf("%w: repair %s, or delete it and collect anew", err, path)
		}
	}
	b.Path, b.Collecting = path, os.Getenv(record.CollectVariable) != ""
	return b, nil
}
