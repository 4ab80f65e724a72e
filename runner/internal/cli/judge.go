package cli

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
	"github.com/chaosgate/chaosgate/runner/internal/suite"
)

func newJudge() *cobra.Command {
	var d decision
	cmd := &cobra.Command{
		Use:   "judge REPORT.json...",
		Short: "Judge the reports of earlier runs",
		Long: `Judge decides from reports that were written earlier. A report of
'ginkgo --json-report' counts as one run; the runs of a chaosgate.json are judged
again. A Ginkgo report does not say where it ran, so judge assumes this machine.`,
		Example: `  ginkgo --json-report=report.json ./... ; chaosgate judge report.json
  chaosgate judge chaosgate-report/chaosgate.json --margin 20%`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			policy, err := d.policy()
			if err != nil {
				return err
			}
			b, words, err := readBaseline(baselinePath(cmd.Context(), d.baseline))
			if err != nil {
				return err
			}
			r := gate.Record{Policy: policy}
			for _, path := range paths {
				if err := addReport(cmd, &r, path); err != nil {
					return err
				}
			}
			if r.Environment == (baseline.Environment{}) {
				r.Environment = suite.Here(cmd.Context())
			}
			return d.decide(r, b, words, cmd.OutOrStdout())
		},
	}
	d.flags(cmd)
	cmd.Flags().StringVar(&d.out, "out", "", "write chaosgate.json and junit.xml to this directory")
	return cmd
}

// addReport adds the runs of a file. A Ginkgo report is a JSON array, and a record of the
// gate is an object.
func addReport(cmd *cobra.Command, r *gate.Record, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return usagef("read report: %w", err)
	}
	var environment baseline.Environment
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		earlier, err := gate.Parse(data)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if (earlier.Reference != nil || r.Reference != nil) && len(r.Runs) > 0 {
			return usagef("%s: a paired comparison is judged alone: give one report", path)
		}
		r.Runs, r.Reference = append(r.Runs, earlier.Runs...), earlier.Reference
		r.Everything = r.Everything || earlier.Everything
		environment = earlier.Environment
	} else {
		run, err := suite.Read(path)
		if err != nil {
			return err
		}
		if r.Reference != nil {
			return usagef("%s: a paired comparison is judged alone: give one report", path)
		}
		r.Runs = append(r.Runs, run)
		environment = suite.Here(cmd.Context())
	}
	if r.Environment != (baseline.Environment{}) && !r.Environment.Comparable(environment) {
		return usagef("%s ran in another environment (%s) than the reports before it (%s): judge them separately", path, environment, r.Environment)
	}
	r.Environment = environment
	return nil
}
