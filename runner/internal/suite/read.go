// Package suite runs Ginkgo suites in a child process and reads their reports.
package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Read reads a Ginkgo JSON report as one run. A reason not to trust the report becomes a
// trouble of the run. An error means that there is no report to read.
func Read(path string) (gate.Run, error) {
	run, _, err := read(path)
	return run, err
}

// read is Read. It also returns the directories of the suites in the report.
func read(path string) (run gate.Run, suites []string, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return gate.Run{}, nil, fmt.Errorf("read report: %s does not exist: the suites did not finish", path)
	}
	if err != nil {
		return gate.Run{}, nil, fmt.Errorf("read report: %w", err)
	}
	var reports []types.Report
	if err := json.Unmarshal(data, &reports); err != nil {
		return gate.Run{}, nil, fmt.Errorf("read report: %s is not a Ginkgo JSON report (as ginkgo --json-report writes): %w", path, err)
	}
	run.Specs = []gate.Spec{}
	seen := map[string]bool{}
	for _, report := range reports {
		first := len(run.Specs)
		suites = append(suites, canonical(report.SuitePath))
		widen(&run, report.StartTime, report.EndTime)
		run.Troubles = append(run.Troubles, troubles(report)...)
		for _, s := range report.SpecReports {
			if !counts(s) {
				continue
			}
			spec, err := readSpec(report, s)
			if err != nil {
				run.Troubles = append(run.Troubles, fmt.Sprintf("spec %q: %v", spec.Text, err))
			}
			run.Specs = append(run.Specs, spec)
			run.Events = append(run.Events, events(spec, s, seen)...)
		}
		run.Specs = append(run.Specs[:first], gate.ShareInjections(run.Specs[first:])...)
	}
	keepEvents(&run, nil)
	if len(reports) == 0 {
		run.Troubles = append(run.Troubles, "the report holds no suite: name packages with Ginkgo suites")
	}
	return run, suites, nil
}

// counts reports whether the run has a place for the node: each spec, and each other node,
// such as BeforeSuite, that failed or has records.
func counts(s types.SpecReport) bool {
	return s.LeafNodeType == types.NodeTypeIt || s.Failed() || slices.ContainsFunc(s.ReportEntries, func(e types.ReportEntry) bool {
		return strings.HasPrefix(e.Name, "chaosgate/")
	})
}

// widen extends the times of the run to those of the suite.
func widen(run *gate.Run, from, to time.Time) {
	if run.Started.IsZero() || (!from.IsZero() && from.Before(run.Started)) {
		run.Started = from
	}
	if to.After(run.Ended) {
		run.Ended = to
	}
}

// troubles lists the reasons why a suite as a whole did not do what the gate needs.
func troubles(report types.Report) []string {
	var all []string
	name := suiteName(report)
	for _, reason := range report.SpecialSuiteFailureReasons {
		if !report.SuiteSucceeded {
			all = append(all, fmt.Sprintf("suite %s did not run as it should: %s", name, strings.TrimSpace(reason)))
		}
	}
	if report.SuiteHasProgrammaticFocus {
		all = append(all, fmt.Sprintf("suite %s is focused, so other specs were left out: remove FIt, FDescribe and Focus (ginkgo unfocus does it)", name))
	}
	if report.SuiteConfig.DryRun {
		all = append(all, fmt.Sprintf("suite %s was a dry run: nothing was tested", name))
	}
	failed := report.SpecReports.CountWithState(types.SpecStateFailureStates) > 0
	if !report.SuiteSucceeded && !failed && len(report.SpecialSuiteFailureReasons) == 0 {
		all = append(all, fmt.Sprintf("suite %s failed without a failed spec: see its log", name))
	}
	return all
}

func suiteName(report types.Report) string {
	if report.SuiteDescription != "" {
		return report.SuiteDescription
	}
	return importPath(report.SuitePath)
}

func readSpec(report types.Report, s types.SpecReport) (gate.Spec, error) {
	text := s.FullText()
	if text == "" {
		text = "[" + s.LeafNodeType.String() + "]"
	}
	spec := gate.Spec{
		Suite: suiteName(report), Text: text, Node: s.LeafNodeType.String(), State: s.State.String(),
		File: inModule(s.FileName(), report.SuitePath), Line: s.LineNumber(), Started: s.StartTime, Ended: s.EndTime,
		Process: s.ParallelProcess, Attempts: s.NumAttempts, Message: message(s.Failure),
	}
	for _, other := range s.AdditionalFailures {
		spec.Others = append(spec.Others, message(other.Failure))
	}
	var errs []error
	for _, entry := range s.ReportEntries {
		if err := readEntry(&spec, entry); err != nil {
			errs = append(errs, err)
		}
	}
	return spec, errors.Join(errs...)
}

func readEntry(spec *gate.Spec, entry types.ReportEntry) (err error) {
	switch raw, asJSON := entry.GetRawValue(), entry.Value.AsJSON; entry.Name {
	case record.InjectionEntry:
		spec.Injections, err = decode(spec.Injections, raw, asJSON)
	case record.WindowEntry:
		spec.Windows, err = decode(spec.Windows, raw, asJSON)
	case record.SamplesEntry:
		spec.Samples, err = decode(spec.Samples, raw, asJSON)
	case record.LogsEntry:
		var logs record.Logs
		logs, err = record.Decode[record.Logs](raw, asJSON)
		spec.Logs = append(spec.Logs, logs.Services...)
	case record.FailureEntry:
		spec.Failures, err = decode(spec.Failures, raw, asJSON)
	default:
		if strings.HasPrefix(entry.Name, "chaosgate/") {
			err = fmt.Errorf("report entry %q is unknown to this version: use the chaosgate command of the library's version", entry.Name)
		}
	}
	if err != nil {
		return fmt.Errorf("report entry %s: %w", entry.Name, err)
	}
	return nil
}

func decode[R any](all []R, raw any, asJSON string) ([]R, error) {
	r, err := record.Decode[R](raw, asJSON)
	if err != nil {
		return all, err
	}
	return append(all, r), nil
}

// message is the text of a failure, with that of a panic. If the spec timed out or was
// interrupted, it also holds what the spec was waiting for.
func message(f types.Failure) string {
	text := f.Message
	if f.ForwardedPanic != "" {
		text += ": " + f.ForwardedPanic
	}
	if f.AdditionalFailure != nil {
		text += "\n" + message(f.AdditionalFailure.Failure)
	}
	return text
}
