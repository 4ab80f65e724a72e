// Command bench measures chaosgate on real containers and prints a table. Each figure
// stands beside one to compare it with. Nothing is asserted, because the figures are
// good only on an idle machine. It needs Linux and root, because ping and iperf3 run in
// the containers' network namespaces. Arguments select the measurements whose names
// contain one of them:
//
//	bench start "at once"
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	t := &bench{}
	code := t.run(func() { measure(ctx, t) })
	if err := scope.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		code = 1
	}
	os.Exit(code)
}

func measure(ctx context.Context, t *bench) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Fatalf("bench needs Linux and root: sudo -E make bench")
	}
	image, err := images.Echo(ctx)
	if err != nil {
		t.Fatalf("%v", err)
	}
	x := scope.New(t, docker.Connect)
	var rows []row
	for _, m := range []struct {
		what    string
		measure func(context.Context, *bench, *scope.Scope, string) []row
	}{
		{"the start of the agent", agentStart},
		{"injecting and reverting", injectAndRevert},
		{"many containers at once", manyAtOnce},
		{"the delay, as ping sees it", delayAccuracy},
		{"one TCP stream, as iperf3 sees it", stream},
	} {
		if len(os.Args) > 1 && !slices.ContainsFunc(os.Args[1:], func(word string) bool { return strings.Contains(m.what, word) }) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", m.what, "...")
		rows = append(rows, m.measure(ctx, t, x, image)...)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "what\tp50\tp95\tn\tbeside it")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", r.what, r.p50, r.p95, r.n, r.beside)
	}
	_ = w.Flush() // as good as a print
}

// row is a line of the table.
type row struct {
	what, p50, p95 string
	n              int
	beside         string
}

func times(what string, all []time.Duration, beside string) row {
	return row{what: what, p50: ms(quantile(all, 0.5)), p95: ms(quantile(all, 0.95)), n: len(all), beside: beside}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
