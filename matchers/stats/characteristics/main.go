// Command characteristics checks the claims of the statistical matchers: how often
// they raise a false alarm when they are polled, and how much they must see of a
// fault to name it. It simulates services with a printed seed, and judges them with
// the matchers and the statistics that a suite uses. Each figure stands beside the
// claim and a naive test. The command exits with 1 when a claim does not hold.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

// section is one table.
type section struct {
	name  string
	title string
	rows  func(*lab) []row
}

func sections() []section {
	return []section{
		{"false-alarms", "FALSE ALARMS: healthy services, judged at every look", falseAlarms},
		{"false-proofs", "FALSE PROOFS: services at the limit, judged at every look", falseProofs},
		{"dependence", "DEPENDENCE: healthy services whose requests depend on each other", dependence},
		{"objectives", "OBJECTIVES: requests until a limit that is not kept is called violated", objectives},
		{"kept", "KEPT: services at their limit and below", kept},
		{"control", "CONTROL: until a window that is worse than its control is called so", control},
		{"fleets", "FLEETS: windows until an outlier is named", fleets},
		{"baseline", "BASELINE: whole runs", baselines},
		{"pairs", "PAIRS: a build beside its reference in one job", pairs},
	}
}

// fewestRuns leaves the 99 % bound of a rate of 0.7 % below 1 %.
const fewestRuns = 10_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	seed := flag.Uint64("seed", 1, "seed of every random choice")
	runs := flag.Int("runs", fewestRuns, "least number of simulated services for each rate of false alarms")
	only := flag.String("only", "", "sections to run, separated by commas (default all): "+strings.Join(names(), ", "))
	flag.Parse()
	chosen, err := choose(*only)
	if err == nil && *runs < fewestRuns {
		err = fmt.Errorf("-runs is %d: with fewer than %d the upper bound of a rate is too high to confirm a claim", *runs, fewestRuns)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "characteristics:", err)
		return 2
	}
	l := &lab{ctx: ctx, seed: *seed, runs: *runs, workers: runtime.GOMAXPROCS(0)}
	fmt.Printf("seed %d, %d runs for each rate, %d workers\n", l.seed, l.runs, l.workers)
	began, broken := time.Now(), 0
	for _, s := range chosen {
		fmt.Fprintf(os.Stderr, "simulating %s ...\n", s.name)
		since := time.Now()
		rows := s.rows(l)
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "characteristics: interrupted")
			return 2
		}
		broken += print(os.Stdout, s.title, rows, time.Since(since))
	}
	if broken > 0 {
		fmt.Printf("\ncharacteristics: %d of the claims do not hold\n", broken)
		return 1
	}
	fmt.Printf("\ncharacteristics: every claim holds, after %s\n", time.Since(began).Round(time.Second))
	return 0
}

func names() []string {
	var all []string
	for _, s := range sections() {
		all = append(all, s.name)
	}
	return all
}

func choose(only string) ([]section, error) {
	if only == "" {
		return sections(), nil
	}
	var chosen []section
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(sections(), func(s section) bool { return s.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("-only names %q: the sections are %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, sections()[i])
	}
	return chosen, nil
}
