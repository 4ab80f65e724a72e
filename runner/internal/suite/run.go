package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Options say how the suites are run.
type Options struct {
	// Ginkgo is the path of the Ginkgo command.
	Ginkgo   string
	Packages []string
	// Flags go to Ginkgo as they are. Those after a "--" go to the suites.
	Flags []string
	// Report is the name of the report, which is written to Dir.
	Dir    string
	Report string
	// Procs is the number of parallel processes, 0 for Ginkgo's default.
	Procs int
	// Timeout limits the time of all suites together.
	Timeout time.Duration
	// Events is the file to which the library appends its events.
	Events string
	// In is the directory in which the suites run. If it is empty, it is the working directory.
	In string
	// Replace are the images that are replaced.
	Replace []record.Replacement
	// Collect tells the suites that the baseline is being collected.
	Collect bool
	// Output receives what Ginkgo and the suites print.
	Output io.Writer
	// Signals are passed on to the child.
	Signals <-chan os.Signal
	// Grace is how long the child may clean up after the first signal. Then it is killed.
	Grace time.Duration
}

// Run runs the suites once and reads their report. Whatever goes wrong, apart from failed
// specs, becomes a trouble of the run.
func Run(ctx context.Context, o Options) gate.Run {
	started, speed := time.Now(), baseline.Speed()
	report := filepath.Join(o.Dir, o.Report)
	output := &tailWriter{to: o.Output}
	o.Output = output
	err := o.runChild(ctx)
	run, reported, unread := read(report)
	run.Speed = record.Float(speed)
	written, noEvents := eventsIn(o.Events)
	if noEvents != nil {
		run.Troubles = append(run.Troubles, noEvents.Error())
	}
	keepEvents(&run, written)
	run.Replaced = replaced(written)
	if run.Started.IsZero() {
		run.Started, run.Ended = started, time.Now()
	}
	// If the run was stopped, or left no report at all, trouble reports that instead.
	stopped := (*interruptedError)(nil)
	if run.Interrupted = errors.As(err, &stopped); unread == nil && !run.Interrupted {
		for _, dir := range o.expected() {
			if !slices.Contains(reported, dir) {
				run.Troubles = append(run.Troubles, fmt.Sprintf("suite %s left no report, so it may have crashed: see its log", relativeTo(o.In, dir)))
			}
		}
	}
	if trouble := trouble(err, run, unread, output); trouble != "" {
		run.Troubles = append(run.Troubles, trouble)
	}
	return run
}

func (o Options) args() []string {
	args := []string{"run", "--json-report=" + o.Report, "--output-dir=" + o.Dir, "--keep-going", "--no-color"}
	if o.Procs > 0 {
		args = append(args, "--procs="+strconv.Itoa(o.Procs))
	}
	if o.Timeout > 0 {
		args = append(args, "--timeout="+o.Timeout.String())
	}
	ginkgo, suites := split(o.Flags)
	args = append(append(args, ginkgo...), o.Packages...)
	return append(args, suites...)
}

// interruptedError reports that a signal stopped the run.
type interruptedError struct {
	signal os.Signal
	killed bool
	grace  time.Duration
}

func (e *interruptedError) Error() string {
	if e.killed {
		return fmt.Sprintf("interrupted by a signal (%s), and killed because it had not ended %s later: its faults end with their leases", e.signal, e.grace)
	}
	return fmt.Sprintf("interrupted by a signal (%s): the suites cleaned up and ended by themselves; run it again", e.signal)
}

// runChild runs the child to its end.
func (o Options) runChild(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, o.Ginkgo, o.args()...)
	cmd.Env = append(os.Environ(), record.EventsVariable+"="+o.Events)
	if o.Collect {
		cmd.Env = append(cmd.Env, record.CollectVariable+"=1")
	}
	if len(o.Replace) > 0 {
		var all []string
		for _, r := range o.Replace {
			all = append(all, r.String())
		}
		cmd.Env = append(cmd.Env, record.ReplaceVariable+"="+strings.Join(all, ","))
	}
	cmd.Dir = o.In
	cmd.Stdout, cmd.Stderr = o.Output, o.Output
	// Processes that the suites leave behind must not block the run by holding its output.
	cmd.WaitDelay = 5 * time.Second
	separateGroup(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the Ginkgo command: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return o.forward(cmd, ended)
}

// forward passes signals on until the child has ended.
func (o Options) forward(cmd *exec.Cmd, ended <-chan error) error {
	var stopped *interruptedError
	var graceOver <-chan time.Time
	for {
		select {
		case err := <-ended:
			if stopped != nil {
				return stopped
			}
			return err
		case sig := <-o.Signals:
			if err := pass(cmd, sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
				fmt.Fprintf(o.Output, "pass %s on to the suites: %v\n", sig, err)
			}
			if stopped == nil {
				stopped = &interruptedError{signal: sig, grace: o.Grace}
				graceOver = time.After(o.Grace)
			}
		case <-graceOver:
			stopped.killed = true
			_ = pass(cmd, os.Kill)
		}
	}
}

// trouble says why the run as a whole cannot be trusted. It is empty if it can.
func trouble(err error, run gate.Run, unread error, output *tailWriter) string {
	var exit *exec.ExitError
	var stopped *interruptedError
	switch {
	case errors.As(err, &stopped):
		return stopped.Error()
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return err.Error()
	case unread != nil:
		return fmt.Sprintf("%v: Ginkgo's last output: %s", unread, output)
	case exit == nil || len(run.Troubles) > 0:
		return ""
	case exit.ExitCode() == types.GINKGO_FOCUS_EXIT_CODE:
		return "some specs are focused, so others were left out: remove FIt, FDescribe and Focus (ginkgo unfocus does it)"
	}
	for _, s := range run.Specs {
		if s.State != "passed" && s.State != "skipped" && s.State != "pending" {
			return ""
		}
	}
	return fmt.Sprintf("Ginkgo ended with %q though no spec in its report failed: a suite may have crashed, or plain tests of a package may fail: Ginkgo's last output: %s", exit, output)
}
