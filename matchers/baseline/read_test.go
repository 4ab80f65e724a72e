package baseline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chaosgate-baseline.json")
	none, err := Read(path)
	if err != nil || len(none.Runs) > 0 || none.Path != path || none.Collecting || none.Schema != Schema {
		t.Errorf("no file: %+v, %v", none, err)
	}
	data, err := Baseline{Runs: runsOf(.1, .2, .3, .4, .5, .6, .7, .8, .9, 1)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(record.CollectVariable, "1")
	b, err := Read(path)
	if err != nil || len(b.Runs) != 10 || b.Path != path || !b.Collecting {
		t.Errorf("runsOf(.1, .2, .3, .4, .5, .6, .7, .8, .9, 1) runs: %+v, %v", b, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"b.json: the baseline has schema 7, this version reads 1 to 2": `{"schema":7}`,
		"read baseline: unexpected end of JSON input: repair ":         "",
		`run 1 of 1: it lacks "started", "environment": it must have`:  `{"schema":1,"runs":[{"windows":[]}]}`,
		"b.json, or delete it and collect anew":                        `{"schema":1,"rums":[]}`,
	} {
		path := filepath.Join(t.TempDir(), "b.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "read baseline: read ") {
		t.Errorf("a directory: %v", err)
	}
}
