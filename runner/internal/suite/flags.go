package suite

import (
	"fmt"
	"strings"
)

// owned are the flags of Ginkgo that the gate sets itself, or that would make
// its answer wrong, each with what to use instead.
var owned = map[string]string{
	"json-report":           "chaosgate writes and reads it: see --out",
	"output-dir":            "use chaosgate's --out",
	"outputdir":             "use chaosgate's --out",
	"keep-separate-reports": "chaosgate reads one report of all suites",
	"dry-run":               "nothing would be tested, and the verdict would say nothing",
	"repeat":                "use chaosgate's --runs, which keeps a report of every run",
	"until-it-fails":        "use chaosgate's --runs",
}

// CheckFlags refuses flags for Ginkgo that the gate owns. What follows a second
// "--" goes to the suites themselves and is checked too.
func CheckFlags(flags []string) error {
	for _, flag := range flags {
		if !strings.HasPrefix(flag, "-") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if instead, ok := owned[strings.TrimPrefix(name, "ginkgo.")]; ok {
			return fmt.Errorf("%s cannot be passed to Ginkgo: %s", flag, instead)
		}
	}
	return nil
}

// split parts Ginkgo's own flags from those of the suites, at a "--".
func split(flags []string) (ginkgo, suites []string) {
	for n, flag := range flags {
		if flag == "--" {
			return flags[:n], flags[n:]
		}
	}
	return flags, nil
}
