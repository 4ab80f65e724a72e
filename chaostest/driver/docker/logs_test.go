package docker

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// frame is one message of the engine, on one of the two streams.
func frame(stream stdcopy.StdType, text string) string {
	size := len(text)
	return string([]byte{byte(stream), 0, 0, 0, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}) + text
}

func TestALogIsTakenApart(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	after := func(ms int) string {
		return at.Add(time.Duration(ms) * time.Millisecond).Format("2006-01-02T15:04:05.000000000Z07:00")
	}
	long := strings.Repeat("x", 16<<10)
	twoStreams := frame(stdcopy.Stdout, after(1)+" one\n") + frame(stdcopy.Stdout, after(3)+" "+long) +
		frame(stdcopy.Stderr, after(2)+" two\n") + frame(stdcopy.Stdout, after(3)+" its end\n") +
		frame(stdcopy.Stderr, after(4)+" \n") + frame(stdcopy.Stderr, after(5)+" without an end")
	terminal := after(1) + " one\r\n" + after(2) + " \x1b[31mtwo\x1b[0m\r\n"
	for name, c := range map[string]struct {
		text     string
		terminal bool
		want     []string
	}{
		"two streams":  {twoStreams, false, []string{"one", "two", long[:driver.LongestLogLine], "", "without an end"}},
		"a terminal":   {terminal, true, []string{"one", "\x1b[31mtwo\x1b[0m"}},
		"nothing":      {"", false, nil},
		"without time": {"hello\n", true, nil},
	} {
		for way, reader := range map[string]io.Reader{
			"at once": bytes.NewBufferString(c.text), "byte by byte": iotest.OneByteReader(strings.NewReader(c.text)),
		} {
			g := NewWithT(t)
			lines, err := readLog(reader, c.terminal)
			g.Expect(err).NotTo(HaveOccurred(), "%s %s", name, way)
			g.Expect(lines).To(HaveLen(len(c.want)), "%s %s", name, way)
			for n, line := range lines {
				g.Expect(line.Text).To(Equal(c.want[n]), "%s %s", name, way)
				g.Expect(line.Time).To(Equal(at.Add(time.Duration(n+1)*time.Millisecond)), "%s %s", name, way)
			}
		}
	}
}

func TestALogThatBreaksIsAnError(t *testing.T) {
	broken := errors.New("connection reset")
	_, err := readLog(io.MultiReader(strings.NewReader(frame(stdcopy.Stdout, "2026-03-01T12:00:00Z one\n")), iotest.ErrReader(broken)), false)
	NewWithT(t).Expect(err).To(MatchError(broken))
}
