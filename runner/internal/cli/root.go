// Package cli is the chaosgate command line, with one command in each file.
package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chaosgate/chaosgate/runner/gate"
)

const usageExit = 2

// usageError reports a command line that cannot be carried out.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// verdictError carries a verdict that has been printed already.
type verdictError struct{ verdict gate.Verdict }

func (e verdictError) Error() string { return string(e.verdict) }

// Main runs the command line and returns the exit code: the verdict's code, 2 for a
// command line that cannot be carried out, or 4 if something went wrong before there
// was a verdict.
func Main(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	// cobra reports unknown commands and flags before it runs a command.
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	cmd, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	if verdict, ok := errors.AsType[verdictError](err); ok {
		return verdict.verdict.ExitCode()
	}
	if _, ok := errors.AsType[usageError](err); ok || !started {
		fmt.Fprintf(stderr, "chaosgate: %v\nSee '%s --help'.\n", err, cmd.CommandPath())
		return usageExit
	}
	if decides[cmd.Name()] {
		fmt.Fprintf(stdout, "chaosgate: verdict %s: %s\n", gate.ToolFailure, strings.Join(strings.Fields(err.Error()), " "))
	} else {
		fmt.Fprintf(stderr, "chaosgate: %v\n", err)
	}
	return gate.ToolFailure.ExitCode()
}

// decides names the commands that always end with a verdict.
var decides = map[string]bool{"run": true, "judge": true}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "chaosgate",
		Short: "Run chaos experiments and decide whether a build passes",
		Long: `chaosgate runs suites of chaos experiments, which are ordinary Ginkgo specs,
and decides whether a build passes.

Exit codes: 0 pass, 1 regression, 2 usage, 3 inconclusive, 4 tool failure,
5 stopped by guard. If several apply, the first one in this order decides:
regression, stopped by guard, tool failure, inconclusive, pass. The others are
listed.`,
		Example: `  chaosgate run ./...
  chaosgate baseline accept
  chaosgate judge ginkgo-report.json`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newRun(), newJudge(), newBaseline(), newPower(), newVersion())
	return root
}
