package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)

func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// shopLog is a log of one line every 10 ms, under a fault from 1 s to 2 s.
func shopLog(lines int) Log {
	l := Log{
		Service: "shop", Roles: []Role{Probed, Peered}, Since: noon,
		Faults: []LogFault{{Fault: "delay 300ms on db", From: at(1000), To: at(2000)}},
	}
	all := make([]LogLine, lines)
	for n := range all {
		all[n] = LogLine{At: at(10 * n), Text: fmt.Sprint("line ", n)}
	}
	l.KeepLines(all, 6)
	return l
}

func TestALogSaysWhereFaultsBeganAndEnded(t *testing.T) {
	g := NewWithT(t)
	logs := Logs{Schema: Schema, Spec: "sells", Services: []Log{
		shopLog(300),
		{Service: "db", Roles: []Role{Targeted}, Since: noon},
		{Service: "cache", Roles: []Role{Probed}, Since: noon, Missing: "container cache is gone (exit code 1)"},
	}}
	g.Expect(logs.String()).To(Equal(`shop (probed, peer) wrote since the spec began at 12:00:00.000:
  ... lines left out: 98
  12:00:00.980 line 98
  12:00:00.990 line 99
  12:00:01.000 --- began: delay 300ms on db
  ... lines left out: 98
  12:00:01.980 line 198
  12:00:01.990 line 199
  12:00:02.000 --- ended: delay 300ms on db
  ... lines left out: 98
  12:00:02.980 line 298
  12:00:02.990 line 299
db (target) wrote nothing since the spec began at 12:00:00.000
cache (probed): no log: container cache is gone (exit code 1)`))

	encoded, err := json.Marshal(logs)
	g.Expect(err).NotTo(HaveOccurred())
	back, err := Decode[Logs](nil, string(encoded))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(back.String()).To(Equal(logs.String()))
}

func TestMarksComeAlsoAfterTheLastLine(t *testing.T) {
	g := NewWithT(t)
	l := shopLog(50) // it fell silent before the fault
	g.Expect(l.Texts()).To(HaveLen(1 + 1 + 6 + 2))
	g.Expect(strings.Join(l.Texts(), "\n")).To(HaveSuffix("line 49\n  12:00:01.000 --- began: delay 300ms on db\n  12:00:02.000 --- ended: delay 300ms on db"))
	l.Faults[0].To = time.Time{} // it is still live
	g.Expect(strings.Join(l.Texts(), "\n")).To(HaveSuffix("line 49\n  12:00:01.000 --- began: delay 300ms on db"))
	l.Lines[0].More = true
	g.Expect(l.Texts()).To(ContainElement("  ... lines left out: 44 or more"))
}

// However many faults there are, no more lines are kept, and none is lost from the count.
func TestALogKeepsAtMostSoManyLines(t *testing.T) {
	for _, faults := range []int{0, 1, 2, 3, 40} {
		for _, lines := range []int{0, 1, 5, 6, 7, 20, 1000} {
			g := NewWithT(t)
			l := Log{}
			for n := range faults {
				l.Faults = append(l.Faults, LogFault{Fault: "pause on db", From: at(10*n + 3), To: at(10*n + 8)})
			}
			all := make([]LogLine, lines)
			for n := range all {
				all[n] = LogLine{At: at(n), Text: fmt.Sprint(n)}
			}
			l.KeepLines(all, 6)
			g.Expect(l.Lines).To(HaveLen(min(lines, 6)), "%d faults", faults)
			sum := len(l.Lines)
			for n, line := range l.Lines {
				sum += line.LeftOut
				g.Expect(n == 0 || l.Lines[n-1].At.Before(line.At)).To(BeTrue(), "in the order of time")
			}
			g.Expect(sum).To(Equal(lines), "%d faults", faults)
			if lines > 0 {
				g.Expect(l.Lines[len(l.Lines)-1].Text).To(Equal(fmt.Sprint(lines-1)), "the last line is kept")
			}
		}
	}
}

func TestTheTellingLineIsOneUnderTheFault(t *testing.T) {
	g := NewWithT(t)
	line, under := shopLog(300).Telling()
	g.Expect(line.Text).To(Equal("line 199"))
	g.Expect(under).To(BeTrue())
	line, under = shopLog(50).Telling()
	g.Expect(line.Text).To(Equal("line 49"))
	g.Expect(under).To(BeFalse())
	line, _ = Log{}.Telling()
	g.Expect(line).To(Equal(LogLine{}))
}

func TestALogTextIsOneShortLine(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[31;1mred\x1b[0m and\tplain\r": "red and plain",
		"bell\x07 \x00 \xff ends":           "bell    � ends",
		"":                                  "",
		strings.Repeat("ä", 300):            strings.Repeat("ä", 300),
		strings.Repeat("ä", 301):            strings.Repeat("ä", 299) + "…",
	} {
		NewWithT(t).Expect(LogText(text)).To(Equal(want))
	}
}
