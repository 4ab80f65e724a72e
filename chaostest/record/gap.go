package record

import (
	"fmt"
	"slices"
	"time"
)

// Gap is a span in which a fault was not in force on all that it should cover.
type Gap struct {
	// From and To count from the start of the injection. From is the last moment at
	// which the fault was known to be in force. To is 0 as long as the gap lasts.
	From time.Duration `json:"from"`
	To   time.Duration `json:"to,omitempty"`
	// Expected says that the user has asked for a fault that outlives such gaps, for
	// example across restarts of the target.
	Expected bool `json:"expected,omitempty"`
	// Text says what was missing, and why.
	Text string `json:"text"`
}

// String is the gap in words: "from 1.2 s to 1.4 s after its start: the filter of eth0
// is gone".
func (g Gap) String() string {
	to := "on"
	if g.To > 0 {
		to = "to " + seconds(g.To)
	}
	return fmt.Sprintf("from %s %s: %s", seconds(g.From), to, g.Text)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }

// unexpected is the first gap that the user has not asked for.
func (e Evidence) unexpected() (Gap, bool) {
	at := slices.IndexFunc(e.Gaps, func(g Gap) bool { return !g.Expected })
	if at < 0 {
		return Gap{}, false
	}
	return e.Gaps[at], true
}
