package suite

import (
	"slices"
	"testing"
	"time"
)

func TestCheckFlags(t *testing.T) {
	for _, flags := range [][]string{
		{"--json-report=x"},
		{"-json-report", "x"},
		{"--race", "--output-dir=x"},
		{"--keep-separate-reports"},
		{"--repeat=3"},
		{"--", "--ginkgo.json-report=x"},
		{"--", "-ginkgo.dry-run"},
	} {
		if CheckFlags(flags) == nil {
			t.Errorf("%q is accepted", flags)
		}
	}
	if err := CheckFlags([]string{"--race", "-p", "--focus=json-report", "--", "-word", "output-dir", "--"}); err != nil {
		t.Error(err)
	}
}

func TestArgs(t *testing.T) {
	o := Options{
		Packages: []string{"./a", "./b"}, Flags: []string{"--race", "--", "-word=x", "--", "y"},
		Dir: "/out", Report: "r.json", Procs: 2, Timeout: time.Minute,
	}
	want := []string{
		"run", "--json-report=r.json", "--output-dir=/out", "--keep-going", "--no-color", "--procs=2", "--timeout=1m0s",
		"--race", "./a", "./b", "--", "-word=x", "--", "y",
	}
	if got := o.args(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
