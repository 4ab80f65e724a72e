package record_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestAMarkIsReadBack(t *testing.T) {
	one := record.Mark("too slow", "j-3f2a", record.Violated)
	if want := "too slow\nchaosgate: j-3f2a violated (1 line)"; one != want {
		t.Errorf("%q, want %q", one, want)
	}
	two := record.Mark("Expected\n    x\nto be live", "j-9c1b", record.Undecided)
	for name, c := range map[string]struct {
		message, text string
		marks         []record.Marked
	}{
		"alone":                 {one, "too slow", []record.Marked{{"j-3f2a", record.Violated, "", "too slow"}}},
		"annotated":             {"reads are stale\n" + one, "reads are stale\ntoo slow", []record.Marked{{"j-3f2a", record.Violated, "reads are stale", "too slow"}}},
		"of three lines":        {"after 1s.\n" + two, "after 1s.\nExpected\n    x\nto be live", []record.Marked{{"j-9c1b", record.Undecided, "after 1s.", "Expected\n    x\nto be live"}}},
		"indented":              {"error:\n" + format.IndentString(two, 1) + "\n    {}", "error:\n    Expected\n        x\n    to be live\n    {}", []record.Marked{{"j-9c1b", record.Undecided, "error:", "    Expected\n        x\n    to be live"}}},
		"two":                   {one + "\n" + two, "too slow\nExpected\n    x\nto be live", []record.Marked{{"j-3f2a", record.Violated, "", "too slow"}, {"j-9c1b", record.Undecided, "too slow", "Expected\n    x\nto be live"}}},
		"cut":                   {"chaosgate: j-1 kept (99999999999999999999 lines)", "", []record.Marked{{"j-1", record.Kept, "", ""}}},
		"of no known beginning": {"Expected\n    <x>: a window\n    chaosgate: j-1 kept (0 lines)\nto be y", "Expected\n    <x>: a window\nto be y", []record.Marked{{"j-1", record.Kept, "", "Expected\n    <x>: a window"}}},
		"none":                  {"it says chaosgate: j-3f2a violated (1 line)", "it says chaosgate: j-3f2a violated (1 line)", nil},
		"a verdict":             {"chaosgate: verdict pass: 3 specs", "chaosgate: verdict pass: 3 specs", nil},
		"of a failure":          {record.Failure{ID: "f-1", Cause: record.ToolFailure, Text: "no agent"}.Message(), "no agent", []record.Marked{{"f-1", record.ToolFailed, "", "no agent"}}},
		"nothing is said":       {"", "", nil},
	} {
		text, marks := record.Marks(c.message)
		if text != c.text || !reflect.DeepEqual(marks, c.marks) {
			t.Errorf("%s: %q with %+v\nwant %q with %+v", name, text, marks, c.text, c.marks)
		}
	}
}

func TestIDsAreShortAndRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := record.NewID("j")
		if len(id) != 10 || !strings.HasPrefix(id, "j-") || seen[id] {
			t.Fatalf("%q, seen before: %v", id, seen[id])
		}
		seen[id] = true
	}
}

func FuzzAMarkIsFoundInsideAnyText(f *testing.F) {
	f.Add("annotation", "message", "attachment")
	f.Add("a\n\nb", "\r\n\xff", "\n")
	f.Fuzz(func(t *testing.T, before, message, after string) {
		if _, marks := record.Marks(before + "\n" + message + "\n" + after); len(marks) > 0 {
			t.Skip("the text happens to contain a mark")
		}
		data, err := json.Marshal(before + "\n" + record.Mark(message, "j-abc", record.Kept) + "\n" + after)
		if err != nil {
			t.Fatal(err)
		}
		var report string
		if err := json.Unmarshal(data, &report); err != nil {
			t.Fatal(err)
		}
		_, marks := record.Marks(report)
		if len(marks) != 1 || marks[0].ID != "j-abc" || marks[0].Outcome != record.Kept {
			t.Fatalf("%q has the marks %+v", report, marks)
		}
		valid := func(s string) string { return strings.ToValidUTF8(s, "") }
		if strings.ToValidUTF8(before, "") == before && marks[0].Before != before || valid(message) == message && marks[0].Message != message {
			t.Fatalf("the message is %q after %q, want %q after %q", marks[0].Message, marks[0].Before, message, before)
		}
	})
}
