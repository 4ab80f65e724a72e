package matchers

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// silentText is for members that have given no whole answer yet, so their time or version
// is unknown. They are among the judged members. More samples may contain the answer.
func silentText(silent []string, judged []probe.Member, what string) string {
	has, its, answer := "has", "its "+what+" is", "it answers"
	if len(silent) > 1 {
		has, its, answer = "have", "their "+what+"s are", "they answer"
	}
	text := fmt.Sprintf("undecided: %s %s given no whole answer in %s, so %s unknown: load until %s",
		names(silent), has, samples(judged[0].Window.N()), its, answer)
	if len(judged)-len(silent) < 2 {
		return text // without them no two members remain to compare
	}
	return fmt.Sprintf("%s, or leave %s out with %s", text, itOrThem(silent), exceptCall(silent))
}

// names is "a, b and c".
func names(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
