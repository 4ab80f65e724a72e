package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one claim, its simulation, and the result of a naive test.
type row struct {
	what      string
	claim     string
	simulated string
	holds     bool
	naive     string
}

// print writes the table and returns how many claims do not hold.
func print(out io.Writer, title string, rows []row, took time.Duration) int {
	fmt.Fprintf(out, "\n%s (%s)\n", title, took.Round(100*time.Millisecond))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\twhat\tclaimed\tsimulated\ta naive test")
	broken := 0
	for _, r := range rows {
		mark := "ok"
		if !r.holds {
			mark, broken = "BROKEN", broken+1
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", mark, r.what, r.claim, r.simulated, r.naive)
	}
	_ = w.Flush() // the output is only printed
	return broken
}

func percent(share float64) string {
	return strings.Replace(fmt.Sprintf("%.3g %%", share*100), "e-0", "e-", 1)
}
