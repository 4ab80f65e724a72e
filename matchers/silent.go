package matchers

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// silentText is of members that have given no whole answer yet, so that nobody knows
// what was asked of each: its time, its version. They are some of those that are
// judged. No one is right or wrong for it: more samples may have the answer.
func silentText(silent []string, judged []probe.Member, what string) string {
	has, its, answer := "has", "its "+what, "it answers"
	if len(silent) > 1 {
		has, its, answer = "have", "their "+what+"s", "they answer"
	}
	text := fmt.Sprintf("undecided: %s %s given no whole answer in %s, so nobody knows %s: load until %s",
		names(silent), has, samples(judged[0].Window.N()), its, answer)
	if len(judged)-len(silent) < 2 {
		return text // without them nobody is left to compare
	}
	return fmt.Sprintf("%s, or leave %s out with %s", text, them(silent), exceptCall(silent))
}

// names is "a, b and c".
func names(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
