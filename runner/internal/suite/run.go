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
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Options say how the suites are run.
type Options struct {
	// Ginkgo is the path of the Ginkgo command.
	Ginkgo   string
	Packages []string
	// Flags go to Ginkgo as they are, and those behind a "--" to the suites.
	Flags []string
	// Dir takes the report, which is named Report.
	Dir    string
	Report string
	// Procs is the number of parallel processes, 0 for Ginkgo's default.
	Procs int
	// Timeout bounds all suites together.
	Timeout time.Duration
	// Events is the file that the library appends its events to.
	Events string
	// Collect tells the suites that the baseline is being collected.
	Collect bool
	// Output takes what Ginkgo and the suites print.
	Output io.Writer
	// Signals are passed to the child.
	Signals <-chan os.Signal
	// Grace is how long the child may clean up after the first signal, before it is killed.
	Grace time.Duration
}

// Run runs the suites once and reads their report. What went wrong besides
// failed specs becomes a trouble of the run.
func Run(ctx context.Context, o Options) gate.Run {
	started := time.Now()
	report := filepath.Join(o.Dir, o.Report)
	said := &lastWords{to: o.Output}
	o.Output = said
	err := o.start(ctx)
	run, reported, unread := read(report)
	happened, unseen := eventsIn(o.Events)
	if unseen != nil {
		run.Troubles = append(run.Troubles, unseen.Error())
	}
	keepEvents(&run, happened)
	if run.Started.IsZero() {
		run.Started, run.Ended = started, time.Now()
	}
	// Where the run was stopped, or there is no report at all, that is said instead.
	if stopped := (*interruptedError)(nil); unread == nil && !errors.As(err, &stopped) {
		for _, dir := range o.expected() {
			if !slices.Contains(reported, dir) {
				run.Troubles = append(run.Troubles, fmt.Sprintf("suite %s left no report, so it may have crashed: see its log", relative(dir)))
			}
		}
	}
	if trouble := trouble(err, run, unread, said); trouble != "" {
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

// interruptedError says that a person or a machine stopped the run.
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

// start runs the child to its end.
func (o Options) start(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, o.Ginkgo, o.args()...)
	cmd.Env = append(os.Environ(), record.EventsVariable+"="+o.Events)
	if o.Collect {
		cmd.Env = append(cmd.Env, record.CollectVariable+"=1")
	}
	cmd.Stdout, cmd.Stderr = o.Output, o.Output
	// What the suites leave running must not hold the run up by its output.
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the Ginkgo command: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return o.attend(cmd, ended)
}

// attend passes signals on until the child has ended.
func (o Options) attend(cmd *exec.Cmd, ended <-chan error) error {
	var stopped *interruptedError
	var patience <-chan time.Time
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
				patience = time.After(o.Grace)
			}
		case <-patience:
			stopped.killed = true
			_ = pass(cmd, os.Kill)
		}
	}
}

// trouble says why the run as a whole cannot be believed, if so.
func trouble(err error, run gate.Run, unread error, said *lastWords) string {
	var exit *exec.ExitError
	var stopped *interruptedError
	switch {
	case errors.As(err, &stopped):
		return stopped.Error()
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return err.Error()
	case unread != nil:
		return fmt.Sprintf("%v: Ginkgo's last words: %s", unread, said)
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
	return fmt.Sprintf("Ginkgo ended with %q though no spec in its report failed: a suite may have crashed, or a package holds plain tests that fail: Ginkgo's last words: %s", exit, said)
}
