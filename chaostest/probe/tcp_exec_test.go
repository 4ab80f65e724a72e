package probe_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

func TestTCPClassifiesAnswers(t *testing.T) {
	noLeak(t)
	for name, c := range map[string]struct {
		svc    *service
		class  probe.Class
		detail string
	}{
		"silent server":   {listen(t, hold), probe.OK, "connected"},
		"speaking server": {listen(t, func(c *net.TCPConn) { say(c, "220\r\n"); hold(c) }), probe.OK, "connected"},
		"closed at once":  {listen(t, func(*net.TCPConn) {}), probe.Reset, "connected, and closed at once (EOF): does anything listen?"},
		"refused":         {closed(t), probe.Refused, "connection refused"},
		"container gone":  {&service{err: downError{errors.New("container shop does not run")}}, probe.NotRunning, "does not run"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sample(t, probe.TCP(c.svc, "8080/tcp", probe.Timeout(5*time.Second)))
			if s.Class != c.class || !strings.Contains(s.Detail, c.detail) || s.Probe != "tcp shop:8080" {
				t.Errorf("got %s, want class %s and %q", s, c.class, c.detail)
			}
		})
	}
	if s, err := probe.TCP(closed(t), "9090/tcp").Sample(t.Context()); err == nil {
		t.Errorf("a port that is not published: got %s, want an error", s)
	}
}

func TestExecClassifiesAnswers(t *testing.T) {
	answer := func(code int, output string, err error) *service {
		return &service{onExec: func(_ context.Context, command ...string) (int, string, error) {
			if strings.Join(command, "|") != "redis-cli|ping" {
				return 0, "", errors.New("wrong command")
			}
			return code, output, err
		}}
	}
	hang := &service{onExec: func(ctx context.Context, _ ...string) (int, string, error) {
		<-ctx.Done()
		return 0, "", ctx.Err()
	}}
	for want, svc := range map[string]*service{
		`exec shop: redis-cli ping: exit code 0 "PONG"`:               answer(0, "PONG\n", nil),
		`exec shop: redis-cli ping: exit code 1 "no connection"`:      answer(1, "no connection", nil),
		"exec shop: redis-cli ping: no answer within 20ms":            hang,
		"exec shop: redis-cli ping: container shop does not run in 0": answer(0, "", downError{errors.New("container shop does not run")}),
	} {
		p := probe.Exec(svc, "redis-cli", "ping")
		if svc == hang {
			p = p.Within(20 * time.Millisecond)
		}
		s := sample(t, p)
		if want, _ := strings.CutSuffix(want, " in 0"); !strings.HasPrefix(s.String(), want+" in ") {
			t.Errorf("got %s, want %s", s, want)
		}
		if wantOK := strings.Contains(want, "PONG"); s.Healthy() != wantOK {
			t.Errorf("%s: healthy is %v", s, s.Healthy())
		}
	}
	for want, p := range map[string]probe.Probe{
		"probe exec shop: redis-cli ping: daemon does not answer":                         probe.Exec(answer(0, "", errors.New("daemon does not answer")), "redis-cli", "ping"),
		`probe exec shop: : no command: write probe.Exec(service, "redis-cli", "ping")`:   probe.Exec(hang),
		"probe exec shop: redis-cli ping: timeout -1s: must be above 0 and at most 10m0s": probe.Exec(hang, "redis-cli", "ping").Within(-time.Second),
	} {
		if s, err := p.Sample(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %s and error\n  %v, want\n  %s", s, err, want)
		}
	}
}
