package drivertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// conformLogs checks that a target's log is read from its end, by time, and with times on
// the clock of this process.
func conformLogs(t *testing.T, s Subject) {
	g := gomega.NewWithT(t)
	target := attach(t, s)
	say := func(text string) (from time.Time) {
		from = time.Now()
		g.Expect(s.Say(t.Context(), text)).To(gomega.Succeed())
		g.Eventually(func() (string, error) {
			lines, err := target.Logs(t.Context(), from, 1)
			return texts(lines), err
		}).WithTimeout(10 * time.Second).Should(gomega.HaveSuffix(text))
		return from
	}
	first := say("one")
	var last time.Time
	for n := range 5 {
		last = say(fmt.Sprintf("more %d", n))
	}
	ended := time.Now()

	lines, err := target.Logs(t.Context(), first, 1000)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(strings.Count(texts(lines), "\n")).To(gomega.Equal(5), "the lines since then, and no others:\n%s", texts(lines))
	for n, line := range lines {
		g.Expect(line.Time).To(gomega.And(gomega.BeTemporally(">=", first), gomega.BeTemporally("<=", ended)))
		g.Expect(line.Text).To(gomega.HaveSuffix([]string{"one", "more 0", "more 1", "more 2", "more 3", "more 4"}[n]))
	}
	lines, err = target.Logs(t.Context(), last, 1000)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(lines).To(gomega.HaveLen(1))
	lines, err = target.Logs(t.Context(), time.Time{}, 2)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(texts(lines)).To(gomega.MatchRegexp(`more 3\n.*more 4$`), "the last ones")
	lines, err = target.Logs(t.Context(), time.Now(), 1000)
	g.Expect(err).NotTo(gomega.HaveOccurred(), "a log without lines is no error")
	g.Expect(lines).To(gomega.BeEmpty())

	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = target.Logs(over, time.Time{}, 1)
	g.Expect(err).To(gomega.MatchError(context.Canceled))
}

func texts(lines []driver.LogLine) string {
	all := make([]string, len(lines))
	for n, line := range lines {
		all[n] = line.Text
	}
	return strings.Join(all, "\n")
}
