package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func logOf(service string, role record.Role, texts ...string) record.Log {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := record.Log{Service: service, Roles: []record.Role{role}, Since: at}
	for n, text := range texts {
		l.Lines = append(l.Lines, record.LogLine{At: at.Add(time.Duration(n+1) * time.Second), Text: text})
	}
	return l
}

func TestARedSpecQuotesTheLogs(t *testing.T) {
	gone := logOf("cache", record.Probed)
	gone.Missing = "container cache is gone (exit code 3)"
	under := logOf("shop", record.Probed, "listening", "db is late", "well again")
	under.Faults = []record.LogFault{{Fault: "pause on db", From: under.Lines[1].At, To: under.Lines[1].At}}
	quiet := logOf("shop", record.Probed, "listening")
	quiet.Faults = []record.LogFault{{Fault: "pause on db", From: quiet.Lines[0].At.Add(time.Second)}}
	for name, c := range map[string]struct {
		logs []record.Log
		want []string
	}{
		"none":          {nil, nil},
		"silent":        {[]record.Log{logOf("db", record.Targeted)}, nil},
		"probed first":  {[]record.Log{logOf("db", record.Targeted, "calm"), under}, []string{`shop wrote last under the fault, at 12:00:02.000: "db is late"`, `db wrote last, at 12:00:01.000: "calm"`}},
		"quiet since":   {[]record.Log{quiet}, nil},
		"gone":          {[]record.Log{gone}, []string{"no log of cache: container cache is gone (exit code 3)"}},
		"last attempt":  {[]record.Log{logOf("db", record.Targeted, "first"), logOf("db", record.Targeted, "second")}, []string{`db wrote last, at 12:00:01.000: "second"`}},
		"at most three": {[]record.Log{logOf("a", record.Peered, "1"), logOf("b", record.Peered, "1"), logOf("c", record.Peered, "1"), logOf("d", record.Peered, "1")}, []string{`a wrote last, at 12:00:01.000: "1"`, `b wrote last, at 12:00:01.000: "1"`, `c wrote last, at 12:00:01.000: "1"`}},
		"short":         {[]record.Log{logOf("db", record.Targeted, strings.Repeat("x", 300))}, []string{`db wrote last, at 12:00:01.000: "` + strings.Repeat("x", 119) + `…"`}},
	} {
		runs := []Run{{Specs: []Spec{
			{Suite: "shop", Text: "sells", State: "failed", Message: failedBy(violated), Windows: judged(violated), Logs: c.logs},
			{Suite: "shop", Text: "passes at the second attempt", State: "passed", Logs: c.logs},
		}}}
		JudgeSpecs(runs)
		r := Record{Runs: runs}
		r.Decide()
		if got := runs[0].Specs[0].Finding.Logs; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if got := runs[0].Specs[1].Finding.Logs; got != nil {
			t.Errorf("%s: a pass quotes %q", name, got)
		}
		for n, quote := range c.want {
			if strings.Contains(r.Words, quote) != (n == 0) {
				t.Errorf("%s: the verdict quotes the most telling log, and no other: %s", name, r.Words)
			}
		}
	}
}
