package suite

import (
	"fmt"
	"strings"
)

// reserved lists flags of Ginkgo that the gate sets itself or that would make its answer
// wrong, each with a reason or with what to use instead.
var reserved = map[string]string{
	"json-report":           "chaosgate writes and reads it: see --out",
	"output-dir":            "use chaosgate's --out",
	"outputdir":             "use chaosgate's --out",
	"keep-separate-reports": "chaosgate reads one report of all suites",
	"dry-run":               "nothing would be tested, and the verdict would say nothing",
	"repeat":                "use chaosgate's --runs, which keeps a report of every run",
	"until-it-fails":        "use chaosgate's --runs",
}

// CheckFlags refuses Ginkgo flags that the gate reserves. Flags after a second "--" go to
// the suites, and are checked too.
func CheckFlags(flags []string) error {
	for _, flag := range flags {
		if !strings.HasPrefix(flag, "-") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if instead, ok := reserved[strings.TrimPrefix(name, "ginkgo.")]; ok {
			return fmt.Errorf("%s cannot be passed to Ginkgo: %s", flag, instead)
		}
	}
	return nil
}

// split separates Ginkgo's flags from those of the suites, which follow a "--".
func split(flags []string) (ginkgo, suites []string) {
	for n, flag := range flags {
		if flag == "--" {
			return flags[:n], flags[n:]
		}
	}
	return flags, nil
}
