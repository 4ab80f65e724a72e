package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chaosgate/chaosgate/runner/gate"
)

// Style is how a table looks.
type Style struct {
	// Width is the terminal's width in characters. A table is at least 60 wide.
	Width  int
	Colour bool
}

var header = []string{"SPEC", "EXPERIMENT", "VERDICT", "EVIDENCE", "AGAINST THE BASELINE"}

// Table writes one row for each spec: what was injected, what came of it, and how its
// metrics compare with the baseline. Specs of later runs have a row only if they did not
// pass. Specs that did not run have one line together, with the reasons.
func Table(w io.Writer, r gate.Record, style Style) error {
	var rows []row
	for n, run := range r.Runs {
		for _, s := range run.Specs {
			v := s.Finding.Verdict
			if v == "" || n > 0 && v == gate.Pass {
				continue
			}
			name := s.Text
			if n > 0 {
				name += fmt.Sprintf(" (run %d)", n+1)
			}
			rows = append(rows, row{v, []string{name, dash(s.Experiment()), dash(string(v)), dash(words(r.Baseline, s)), dash(against(r, s))}})
		}
		for _, trouble := range run.Troubles {
			rows = append(rows, row{gate.ToolFailure, []string{"-", "-", string(gate.ToolFailure), plain(trouble), "-"}})
		}
	}
	columns := header
	if len(r.Baseline.Metrics) == 0 {
		columns = header[:4]
	}
	if r.Reference != nil && len(columns) == len(header) {
		columns = append(slices.Clone(header[:4]), "AGAINST THE REFERENCE")
	}
	width := max(style.Width, 60)
	var out strings.Builder
	if len(rows) > 0 {
		widths := fitColumns(columns, rows, width)
		writeRow(&out, columns, widths, style.paint("bold"))
		for _, row := range rows {
			writeRow(&out, row.cells[:len(columns)], widths, style.paint(string(row.verdict)))
		}
	}
	if text := skipped(r.Runs); text != "" {
		out.WriteString(strings.Join(wrap(text, width), "\n") + "\n")
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// row is one row of the table.
type row struct {
	verdict gate.Verdict
	cells   []string
}

func words(b gate.Comparison, s gate.Spec) string {
	all := slices.Concat([]string{s.Finding.Reason}, s.Finding.Logs, unjudged(b, s), s.Finding.Also)
	return strings.Join(slices.DeleteFunc(all, func(text string) bool { return text == "" }), "; ")
}

// against describes the metrics of a spec that got worse. If there are none, it shows of
// each window the metric that changed most, in units of its margin.
func against(r gate.Record, s gate.Spec) string {
	var worse, grown []string
	var most gate.Metric
	for _, m := range r.Baseline.Metrics {
		if m.Suite != s.Suite || m.Spec != s.Text {
			continue
		}
		if m.Regressed {
			worse = append(worse, "worse: "+m.Words)
		}
		if same := m.Probe == most.Probe && m.Number == most.Number; !same {
			grown, most = append(grown, m.Words), m
		} else if r.Policy.Margins(m) > r.Policy.Margins(most) {
			grown[len(grown)-1], most = m.Words, m
		}
	}
	if len(worse) > 0 {
		grown = worse
	}
	return strings.Join(grown, "; ")
}

func dash(s string) string {
	if s = strings.Join(strings.Fields(plain(s)), " "); s == "" {
		return "-"
	}
	return s
}

// fitColumns gives every column the width that it needs, and then narrows the widest
// ones until a row fits.
func fitColumns(columns []string, rows []row, width int) []int {
	widths := make([]int, len(columns))
	total := 2 * (len(columns) - 1)
	for c, name := range columns {
		widths[c] = utf8.RuneCountInString(name)
		for _, row := range rows {
			widths[c] = max(widths[c], utf8.RuneCountInString(row.cells[c]))
		}
		total += widths[c]
	}
	for ; total > width; total-- {
		widest := 0
		for c := range widths {
			if widths[c] > widths[widest] {
				widest = c
			}
		}
		widths[widest]--
	}
	return widths
}

func writeRow(out *strings.Builder, cells []string, widths []int, paint func(string) string) {
	wrapped := make([][]string, len(cells))
	height := 1
	for c, cell := range cells {
		wrapped[c] = wrap(cell, widths[c])
		height = max(height, len(wrapped[c]))
	}
	for line := range height {
		var row strings.Builder
		for c := range cells {
			text := ""
			if line < len(wrapped[c]) {
				text = wrapped[c][line]
			}
			if c > 0 {
				row.WriteString("  ")
			}
			row.WriteString(text + strings.Repeat(" ", widths[c]-utf8.RuneCountInString(text)))
		}
		out.WriteString(paint(strings.TrimRight(row.String(), " ")) + "\n")
	}
}

// wrap breaks a text at spaces. It breaks a word only if the word is wider than the column.
func wrap(text string, width int) []string {
	var lines []string
	line := []rune{}
	for word := range strings.FieldsSeq(text) {
		runes := []rune(word)
		if len(line) > 0 && len(line)+1+len(runes) > width {
			lines, line = append(lines, string(line)), nil
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, runes...)
		for len(line) > width {
			lines, line = append(lines, string(line[:width])), line[width:]
		}
	}
	return append(lines, string(line))
}

var colours = map[string]string{
	"bold": "1", string(gate.Pass): "32", string(gate.Regression): "31;1",
	string(gate.Inconclusive): "33", string(gate.ToolFailure): "35", string(gate.StoppedByGuard): "35",
}

func (s Style) paint(what string) func(string) string {
	code, ok := colours[what]
	if !s.Colour || !ok {
		return func(text string) string { return text }
	}
	return func(text string) string { return "\x1b[" + code + "m" + text + "\x1b[0m" }
}

// LastLine is the last line that the command prints.
func LastLine(r gate.Record, style Style) string {
	return style.paint(string(r.Verdict))(fmt.Sprintf("chaosgate: verdict %s: %s", r.Verdict, r.Words))
}
